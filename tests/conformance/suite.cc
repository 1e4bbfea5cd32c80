// What every registered component must do, whoever wrote it. The components come from the build; what the
// suite cannot know of one is in its folder's quirks.yaml. What needs a server is tested with one, end to
// end.
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "compile/step_config.h"
#include "component/component.h"
#include "component/registry.h"
#include "component/test_context.h"
#include "format/yaml.h"
#include "tests/conformance/built_in.h"
#include "tests/conformance/places.h"
#include "tests/conformance/quirks.h"
#include "tests/conformance/tables.h"

namespace osiris::conformance {
namespace {

using testing::IsEmpty;

bool needs_connection(const ComponentSpec& spec) { return !spec.connection_family.empty(); }

/// Names of components of a role that run without a server.
std::vector<std::string> serverless(Role role) {
  std::vector<std::string> names;
  for (const std::string& name : registry().names()) {
    const ComponentSpec& spec = registry().find(name)->spec;
    if (spec.role == role && !needs_connection(spec)) names.push_back(name);
  }
  return names;
}

/// A component with a config, in a project of its own.
class Step {
 public:
  Step(const std::string& name, const Json& values, const fs::path& project)
      : registered_(*registry().find(name)), config_(registered_.spec.fields, values), context_(project) {}

  std::unique_ptr<Extractor> extractor() { return registered_.component->open_extractor(config_, context_); }
  std::unique_ptr<Processor> processor(std::vector<Input> inputs) {
    return registered_.component->open_processor(config_, std::move(inputs), context_);
  }
  std::unique_ptr<Writer> writer(const Schema& schema) {
    return registered_.component->open_writer(config_, schema, context_);
  }
  Preview preview(const std::vector<Component::InputSchema>& inputs) {
    return registered_.component->preview(config_, inputs, context_);
  }
  TestContext& context() { return context_; }
  const Config& config() const { return config_; }

 private:
  const RegisteredComponent& registered_;
  Config config_;
  TestContext context_;
};

constexpr std::chrono::seconds kAbortTime{1};

void write_all(Step& step, const Table& table) {
  const auto writer = step.writer(table.schema);
  std::uint64_t row_count = 0;
  for (const Batch& batch : table.batches) {
    writer->write(batch);
    row_count += batch.row_count();
  }
  EXPECT_EQ(writer->commit({row_count}).row_count, row_count) << "all rows are acknowledged";
}

/// Every file below a folder with its content.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = read_file(entry.path());
  }
  return files;
}

/// The config's key that names the file; empty where there is none.
std::string path_key(const ComponentSpec& spec) {
  const auto field =
      std::ranges::find_if(spec.fields, [](const Field& candidate) { return candidate.is_path; });
  return field == spec.fields.end() ? "" : field->name;
}

/// The writer whose files the extractor reads, x_writer for x_extractor; empty where there is none.
std::string partner_of(const std::string& extractor) {
  constexpr std::string_view kRole = "_extractor";
  std::string writer = extractor.substr(0, extractor.size() - kRole.size()) + "_writer";
  const RegisteredComponent* const found = registry().find(writer);
  return found == nullptr ? "" : writer;
}

/// Every type, but for those of which a writer's files lack some values.
Schema types_of(const std::string& writer) {
  Schema schema = every_type();
  const Quirks quirks = quirks_of(writer);
  std::erase_if(schema,
                [&](const ColumnType& column) { return quirks.narrows.contains(to_string(column.type)); });
  return schema;
}

std::string component_test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '.', '_');
  return name;
}

class AnyComponent : public testing::TestWithParam<std::string> {
 protected:
  const RegisteredComponent& registered = *registry().find(GetParam());
  const ComponentSpec& spec = registered.spec;
  const Quirks quirks = quirks_of(GetParam());
  TestFolder folder;
};

INSTANTIATE_TEST_SUITE_P(Conformance, AnyComponent, testing::ValuesIn(registry().names()),
                         component_test_name);

TEST_P(AnyComponent, Says_what_it_is_and_what_each_option_does) {
  EXPECT_FALSE(spec.title.empty());
  EXPECT_FALSE(spec.version.empty());
  EXPECT_FALSE(spec.examples.empty());
  for (const Field& field : spec.fields) EXPECT_FALSE(field.help.empty()) << field.name;
  if (spec.role == Role::kWriter) {
    EXPECT_THAT(spec.commit, testing::AnyOf("transaction", "swap", "append"));
  }
}

TEST_P(AnyComponent, Has_the_factory_of_its_role_and_a_preview) {
  const Component& component = *registered.component;
  EXPECT_EQ(component.open_extractor != nullptr, spec.role == Role::kExtractor);
  EXPECT_EQ(component.open_processor != nullptr, spec.role == Role::kProcessor);
  EXPECT_EQ(component.open_writer != nullptr, spec.role == Role::kWriter);
  EXPECT_NE(component.preview, nullptr);
}

TEST_P(AnyComponent, Has_examples_that_the_validator_accepts) {
  const ConnectionSpec* connection =
      needs_connection(spec) ? &registry().connection_spec(spec.connection_family) : nullptr;
  for (const SpecExample& example : spec.examples) {
    OmlStep step;
    step.id = "example";
    step.config = yaml::parse(yaml::print(example.config), "example.oml");
    Diagnostics diagnostics;
    check_step_config(step, spec, connection == nullptr ? spec.dialect : connection->dialect, connection,
                      "example.oml", diagnostics);
    for (const Finding& finding : diagnostics.sorted())
      ADD_FAILURE() << example.name << ": " << finding.message;
  }
}

TEST_P(AnyComponent, Is_tested_end_to_end_where_it_needs_a_server) {
  EXPECT_EQ(!quirks.needs_server.empty(), needs_connection(spec));
  const fs::path test = components_folder().parent_path() / quirks.needs_server;
  EXPECT_TRUE(quirks.needs_server.empty() || fs::is_regular_file(test)) << test;
}

/// Adds the keys that opening, previewing and running a step with a config reads.
void run_once(const std::string& name, const SpecExample& example, const Quirks& quirks,
              const fs::path& project, std::set<std::string>& keys_read) {
  Step step(name, example.config, project);
  std::vector<Component::InputSchema> schemas;
  std::vector<std::unique_ptr<TableStream>> streams;
  std::vector<Input> inputs;
  const auto declared = quirks.inputs.find(example.name);
  if (declared != quirks.inputs.end()) {
    for (const auto& [input, schema] : declared->second) {
      schemas.push_back({input, schema});
      streams.push_back(std::make_unique<TableStream>(typed_table(schema, 8)));
      inputs.push_back({input, streams.back().get()});
    }
  }
  step.preview(schemas);
  switch (registry().find(name)->spec.role) {
    case Role::kExtractor:
      read_all(*step.extractor());
      break;
    case Role::kProcessor:
      read_all(*step.processor(inputs));
      break;
    case Role::kWriter:
      write_all(step, wide_table(2, 10));
      break;
  }
  keys_read.insert(step.config().keys_read().begin(), step.config().keys_read().end());
}

std::vector<std::string> all_serverless() {
  std::vector<std::string> names;
  for (const Role role : {Role::kExtractor, Role::kProcessor, Role::kWriter}) {
    for (const std::string& name : serverless(role)) names.push_back(name);
  }
  return names;
}

class AnyServerlessComponent : public AnyComponent {};

INSTANTIATE_TEST_SUITE_P(Conformance, AnyServerlessComponent, testing::ValuesIn(all_serverless()),
                         component_test_name);

TEST_P(AnyServerlessComponent, Reads_every_option_that_it_declares) {
  std::set<std::string> unread;
  for (const Field& field : spec.fields) unread.insert(field.name);
  for (const auto& [path, content] : quirks.files) folder.write(path, content);
  for (const auto& [path, schema] : quirks.made_files) {
    const std::string writer = partner_of(GetParam());
    Step step(writer, {{path_key(registry().find(writer)->spec), path}}, folder.path());
    write_all(step, typed_table(schema, 8));
  }
  std::set<std::string> keys_read;
  for (const SpecExample& example : spec.examples) {
    SCOPED_TRACE(example.name);
    run_once(GetParam(), example, quirks, folder.path(), keys_read);
  }
  for (const std::string& key : keys_read) unread.erase(key);
  std::set<std::string> excused;
  for (const auto& [key, reason] : quirks.unread) {
    EXPECT_FALSE(is_blank(reason)) << key;
    excused.insert(key);
  }
  EXPECT_EQ(unread, excused) << "declared, read by no example and not excused in quirks.yaml";
}

class AnyWriter : public AnyComponent {
 protected:
  /// A config for each way in which the writer treats what is there already.
  std::vector<Json> configs() const {
    std::vector<Json> configs;
    const Json base = path_key(spec).empty() ? Json::object() : Json{{path_key(spec), "out/data"}};
    const Field* mode = spec.find("write_mode");
    if (mode == nullptr) return {base};
    for (const Json& allowed : mode->allowed) {
      configs.push_back(base);
      configs.back()["write_mode"] = allowed;
    }
    return configs;
  }
};

/// Those whose files are their own, and not the work of a user's function.
std::vector<std::string> with_files(Role role) {
  std::vector<std::string> names = serverless(role);
  std::erase_if(names, [](const std::string& name) { return !quirks_of(name).user_code.empty(); });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Conformance, AnyWriter, testing::ValuesIn(with_files(Role::kWriter)),
                         component_test_name);

TEST_P(AnyWriter, Leaves_everything_as_it_was_when_it_is_aborted_half_way) {
  for (const Json& config : configs()) {
    SCOPED_TRACE(config.dump());
    const TestFolder project;
    for (const std::size_t row_count : {10, 20}) {
      const auto before = files_in(project.path());
      {
        Step step(GetParam(), config, project.path());
        const auto writer = step.writer(wide_table(5, 0).schema);
        const Table table = wide_table(5, 100'000);
        for (const Batch& batch : table.batches) writer->write(batch);
        EXPECT_THAT(step.context().files, IsEmpty());
        writer->abort(std::chrono::steady_clock::now() + kAbortTime);
      }
      EXPECT_EQ(files_in(project.path()), before);
      Step committed(GetParam(), config, project.path());
      write_all(committed, wide_table(5, row_count));
      EXPECT_NE(files_in(project.path()), before) << "the second round aborts over what is there";
    }
  }
}

TEST_P(AnyWriter, Tells_the_session_of_what_it_wrote_only_when_it_has_committed) {
  for (const Json& config : configs()) {
    const TestFolder project;
    Step step(GetParam(), config, project.path());
    const auto writer = step.writer(wide_table(1, 0).schema);
    EXPECT_THAT(step.context().files, IsEmpty());
    EXPECT_EQ(writer->commit({}).row_count, 0U);
    for (const WrittenFile& file : step.context().files) EXPECT_TRUE(fs::exists(file.path)) << file.path;
  }
}

TEST_P(AnyWriter, Writes_the_same_for_the_same_rows) {
  for (const Json& config : configs()) {
    std::vector<std::vector<std::string>> contents;
    for (int round = 0; round < 2; ++round) {
      const TestFolder project;
      Step step(GetParam(), config, project.path());
      write_all(step, typed_table(types_of(GetParam()), 100));
      std::vector<std::string>& content = contents.emplace_back();
      for (const auto& [path, bytes] : files_in(project.path())) content.push_back(bytes);
    }
    EXPECT_EQ(contents[0], contents[1]) << config.dump();
  }
}

/// Reads what the writer of its family wrote.
class AnyExtractor : public AnyComponent {
 protected:
  void SetUp() override {
    ASSERT_FALSE(partner_of(GetParam()).empty()) << "no writer of the family makes files for this extractor";
  }

  Json config(const Schema& schema) const {
    Json config{{path_key(spec), "data"}};
    for (const ColumnType& column : schema) {
      if (quirks.is_told_columns) config["columns"].push_back(column.name);
    }
    return config;
  }

  Schema types() const { return types_of(partner_of(GetParam())); }

  void write(const Table& table) const {
    const std::string writer = partner_of(GetParam());
    Step step(writer, {{path_key(registry().find(writer)->spec), "data"}}, folder.path());
    write_all(step, table);
  }

  std::vector<Row> printed_rows(const Table& table) const {
    std::vector<Row> rows = rows_of(table);
    if (!quirks_of(partner_of(GetParam())).prints_bytes_as_hex) return rows;
    for (Row& row : rows) {
      for (std::size_t column = 0; column < row.size(); ++column) {
        if (row[column] && table.schema[column].type.id == TypeId::kBytes) row[column] = to_hex(*row[column]);
      }
    }
    return rows;
  }

  void expect_round_trip(const Table& table) const {
    write(table);
    Step step(GetParam(), config(table.schema), folder.path());
    const auto extractor = step.extractor();
    const Table read = read_all(*extractor);
    ASSERT_EQ(read.schema.size(), table.schema.size());
    for (std::size_t column = 0; column < read.schema.size(); ++column) {
      EXPECT_EQ(read.schema[column].name, table.schema[column].name);
    }
    EXPECT_EQ(rows_of(read), printed_rows(table));
  }
};

INSTANTIATE_TEST_SUITE_P(Conformance, AnyExtractor, testing::ValuesIn(with_files(Role::kExtractor)),
                         component_test_name);

TEST_P(AnyExtractor, Reads_no_rows_and_one) {
  expect_round_trip(typed_table(types(), 0));
  expect_round_trip(typed_table(types(), 1));
}

TEST_P(AnyExtractor, Reads_extremes_and_nulls_of_every_type) { expect_round_trip(typed_table(types(), 8)); }

TEST_P(AnyExtractor, Reads_texts_that_look_like_something_else) { expect_round_trip(text_table()); }

TEST_P(AnyExtractor, Reads_300_columns) { expect_round_trip(wide_table(300, 20)); }

TEST_P(AnyExtractor, Reads_on_over_the_bounds_of_batches) {
  expect_round_trip(wide_table(1, 3 * Batch::kMaxRows));
  expect_round_trip(typed_table(types(), Batch::kMaxRows + 1));
}

TEST_P(AnyExtractor, Returns_within_a_batch_when_it_is_cancelled) {
  write(wide_table(3, 100'000));
  Step step(GetParam(), config({}), folder.path());
  const auto extractor = step.extractor();
  EXPECT_TRUE(extractor->next());
  step.context().cancellation().cancel();
  EXPECT_THAT(error_of([&] { extractor->next(); }), testing::StartsWith("run.cancelled: "));
}

TEST_P(AnyExtractor, Previews_the_columns_that_it_reads) {
  write(wide_table(3, 10));
  Step step(GetParam(), config({}), folder.path());
  const Preview preview = step.preview({});
  ASSERT_TRUE(preview.schema);
  EXPECT_EQ(preview.schema->size(), 3U);
  EXPECT_THAT(preview.reads, testing::Not(IsEmpty()));
  EXPECT_THAT(preview.writes, IsEmpty());
}

class AnyProcessor : public AnyComponent {
 protected:
  void SetUp() override {
    ASSERT_FALSE(quirks.passes_on.is_null()) << "quirks.yaml says how it passes rows on";
  }

  void expect_passed_on(const Table& table) {
    TableStream input(table);
    Step step(GetParam(), quirks.passes_on, folder.path());
    const auto processor = step.processor({{"rows", &input}});
    const Table read = read_all(*processor);
    ASSERT_EQ(read.schema.size(), table.schema.size());
    for (std::size_t column = 0; column < read.schema.size(); ++column) {
      EXPECT_EQ(read.schema[column].name, table.schema[column].name);
      EXPECT_EQ(to_string(read.schema[column].type), to_string(table.schema[column].type));
    }
    EXPECT_EQ(rows_of(read), rows_of(table));
  }
};

INSTANTIATE_TEST_SUITE_P(Conformance, AnyProcessor, testing::ValuesIn(serverless(Role::kProcessor)),
                         component_test_name);

TEST_P(AnyProcessor, Passes_on_no_rows_and_one) {
  expect_passed_on(typed_table(every_type(), 0));
  expect_passed_on(typed_table(every_type(), 1));
}

TEST_P(AnyProcessor, Passes_on_extremes_and_nulls_of_every_type) {
  expect_passed_on(typed_table(every_type(), 8));
}

TEST_P(AnyProcessor, Passes_on_texts_that_look_like_something_else) { expect_passed_on(text_table()); }

TEST_P(AnyProcessor, Passes_on_300_columns) { expect_passed_on(wide_table(300, 20)); }

TEST_P(AnyProcessor, Passes_on_rows_over_the_bounds_of_batches) {
  expect_passed_on(wide_table(1, 3 * Batch::kMaxRows));
  expect_passed_on(typed_table(every_type(), Batch::kMaxRows + 1));
}

TEST_P(AnyProcessor, Gives_an_input_s_failure_on_as_it_is) {
  TableStream input(wide_table(1, 10), TableStream::End::kFails);
  Step step(GetParam(), quirks.passes_on, folder.path());
  // One that takes rows to know its columns says it when it opens.
  EXPECT_EQ(error_of([&] {
              const auto processor = step.processor({{"rows", &input}});
              while (processor->next()) {
              }
            }),
            "test.input: the input broke");
}

TEST_P(AnyProcessor, Returns_when_it_is_cancelled_though_its_input_never_ends) {
  TableStream input(wide_table(1, 10), TableStream::End::kRepeats);
  Step step(GetParam(), quirks.passes_on, folder.path());
  const auto processor = step.processor({{"rows", &input}});
  EXPECT_TRUE(processor->next());
  step.context().cancellation().cancel();
  EXPECT_THAT(error_of([&] {
                while (processor->next()) {
                }
              }),
              testing::StartsWith("run.cancelled: "));
}

TEST_P(AnyProcessor, Goes_without_having_read_its_input_to_the_end) {
  TableStream input(wide_table(1, 10), TableStream::End::kRepeats);
  Step step(GetParam(), quirks.passes_on, folder.path());
  const auto processor = step.processor({{"rows", &input}});
  EXPECT_TRUE(processor->next()) << "and its end must not wait for an input without one";
}

}  // namespace
}  // namespace osiris::conformance
