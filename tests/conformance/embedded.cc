// What a family whose databases are files must do: what its writer puts into one, its extractor reads back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "component/registry.h"
#include "component/test_context.h"
#include "tests/conformance/built_in.h"
#include "tests/conformance/tables.h"

namespace osiris::conformance {
namespace {

/// Families whose connection is the path of a file.
std::vector<std::string> embedded_families() {
  std::vector<std::string> families;
  for (const std::string& family : registry().families()) {
    const ConnectionSpec& spec = registry().connection_spec(family);
    const bool is_file = std::ranges::any_of(
        spec.fields, [](const Field& field) { return field.is_path && field.is_required; });
    if (is_file) families.push_back(family);
  }
  return families;
}

class EmbeddedDatabase : public testing::TestWithParam<std::string> {
 protected:
  EmbeddedDatabase()
      : connection_(GetParam(), "main", registry().connection_spec(GetParam()),
                    {{"path", Secret((folder_.path() / "data.db").string())}}),
        context_(folder_.path()) {
    context_.connection_config = &connection_;
  }

  const RegisteredComponent& component(const std::string& role) const {
    return *registry().find(cat(GetParam(), ".", role));
  }
  static Config config_of(const RegisteredComponent& component, Json values) {
    return Config(component.spec.fields, std::move(values));
  }

  /// Opens a writer into the table "t", which is made; with `more` of its config.
  std::unique_ptr<Writer> open_writer(const Schema& schema, const Json& more = Json::object()) {
    Json values{{"table", "t"}, {"create_if_missing", true}};
    values.update(more);
    context_.load.session = cat("run_", ++load_count_);
    writer_config_.emplace(config_of(component("writer"), std::move(values)));
    return component("writer").component->open_writer(*writer_config_, schema, context_);
  }

  LoadResult write(const Table& table, const Json& more = Json::object()) {
    const auto writer = open_writer(table.schema, more);
    std::uint64_t row_count = 0;
    for (const Batch& batch : table.batches) {
      writer->write(batch);
      row_count += batch.row_count();
    }
    return writer->commit({row_count});
  }

  std::unique_ptr<Extractor> open_extractor() {
    extractor_config_.emplace(config_of(component("extractor"), {{"table", "t"}}));
    return component("extractor").component->open_extractor(*extractor_config_, context_);
  }

  void expect_round_trip(const Table& table) {
    const std::uint64_t row_count = rows_of(table).size();
    EXPECT_EQ(write(table, {{"write_mode", "replace"}}).row_count, row_count);
    const Table read = read_all(*open_extractor());
    ASSERT_EQ(read.schema.size(), table.schema.size());
    for (std::size_t column = 0; column < read.schema.size(); ++column) {
      EXPECT_EQ(read.schema[column].name, table.schema[column].name);
    }
    EXPECT_EQ(rows_of(read), rows_of(table));
  }

  TestFolder folder_;
  ConnectionConfig connection_;
  TestContext context_;
  int load_count_ = 0;
  std::optional<Config> writer_config_, extractor_config_;
};

std::string family_test_name(const testing::TestParamInfo<std::string>& family) { return family.param; }

INSTANTIATE_TEST_SUITE_P(Conformance, EmbeddedDatabase, testing::ValuesIn(embedded_families()),
                         family_test_name);

TEST_P(EmbeddedDatabase, Gives_back_extremes_and_nulls_of_every_type) {
  expect_round_trip(typed_table(every_type(), 8));
  expect_round_trip(typed_table(every_type(), 0));
  expect_round_trip(typed_table(every_type(), Batch::kMaxRows + 1));
}

TEST_P(EmbeddedDatabase, Gives_back_texts_that_look_like_something_else) { expect_round_trip(text_table()); }

TEST_P(EmbeddedDatabase, Gives_back_hundreds_of_columns) { expect_round_trip(wide_table(1000, 20)); }

TEST_P(EmbeddedDatabase, Gives_back_what_an_upsert_merged) {
  const Table table = typed_table(every_type(), 8);
  Schema schema = table.schema;
  schema.push_back({.name = "key", .type = {TypeId::kInt64}, .source_type = "", .style = {}});
  Table keyed{schema, {}};
  BatchBuilder builder(schema);
  for (std::int64_t row = 0; row < 8; ++row) {
    for (std::size_t column = 0; column + 1 < schema.size(); ++column) builder.append_null(column);
    builder.append(schema.size() - 1, row);
    builder.end_row();
  }
  keyed.batches.push_back(builder.finish());
  const Json upsert{{"write_mode", "upsert"}, {"primary_key", {"key"}}};
  EXPECT_EQ(write(keyed, upsert).merge, (MergeCounts{8, 0, 0, 0}));
  EXPECT_EQ(write(keyed, upsert).merge, (MergeCounts{0, 0, 8, 0}));
}

TEST_P(EmbeddedDatabase, Leaves_the_rows_as_they_were_when_it_is_aborted_half_way) {
  const Table table = wide_table(5, 10);
  for (const char* const mode : {"append", "replace", "truncate"}) {
    write(table, {{"write_mode", "replace"}});
    {
      const auto writer = open_writer(table.schema, {{"write_mode", mode}});
      const Table more = wide_table(5, 50'000);
      for (const Batch& batch : more.batches) writer->write(batch);
      writer->abort(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    }
    EXPECT_EQ(rows_of(read_all(*open_extractor())), rows_of(table)) << mode;
  }
}

TEST_P(EmbeddedDatabase, Reads_no_further_when_it_is_cancelled) {
  write(wide_table(3, 100'000));
  const auto extractor = open_extractor();
  EXPECT_TRUE(extractor->next());
  context_.canceller.cancel();
  EXPECT_THAT(error_of([&] { extractor->next(); }), testing::StartsWith("run.cancelled: "));
}

TEST_P(EmbeddedDatabase, Previews_what_it_would_do_without_making_the_file) {
  const Config config = config_of(component("writer"), {{"table", "t"}, {"create_if_missing", true}});
  const Preview preview = component("writer").component->preview(config, {{"rows", every_type()}}, context_);
  EXPECT_EQ(preview.columns.size(), every_type().size());
  EXPECT_FALSE(fs::exists(folder_.path() / "data.db"));
}

}  // namespace
}  // namespace osiris::conformance
