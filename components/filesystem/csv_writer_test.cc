#include "base/sha256.h"
#include "filesystem/test_run.h"
#include "table/batch.h"

namespace osiris::filesystem {
namespace {

constexpr auto kDeadline = std::chrono::steady_clock::time_point::max();

/// The names of what the session heard of.
std::vector<std::string> written(const TestContext& context) {
  std::vector<std::string> names;
  for (const WrittenFile& file : context.files) {
    names.push_back(file.path.filename().string() + (file.in_place ? " in place" : ""));
  }
  return names;
}

struct CsvWriter : testing::Test {
  ProjectFolder folder;
  TestContext context{folder.path()};
  Schema schema;

  CsvWriter() {
    schema.resize(2);
    schema[0].name = "id";
    schema[0].type.id = TypeId::kInt64;
    schema[1].name = "name";
  }

  Batch batch(std::int64_t id, std::string_view name) const {
    BatchBuilder builder(schema);
    builder.append(0, id);
    builder.append_text(1, name);
    builder.end_row();
    return builder.finish();
  }
  std::unique_ptr<Writer> open(const Step& step) {
    return step.registered->component->open_writer(step.config, schema, context);
  }
  /// Writes one row and commits.
  void load(Json config) {
    const Step step("filesystem.csv_writer", std::move(config));
    const auto writer = open(step);
    writer->write(batch(1, "Ann"));
    EXPECT_EQ(writer->commit({}).row_count, 1U);
  }
  /// Writes one row and gives up.
  void give_up(Json config) {
    const Step step("filesystem.csv_writer", std::move(config));
    const auto writer = open(step);
    writer->write(batch(1, "Ann"));
    writer->abort(kDeadline);
  }
  std::string preview(Json config) {
    const Step step("filesystem.csv_writer", std::move(config));
    return step.registered->component->preview(step.config, {}, context).writes.at(0);
  }
};

TEST_F(CsvWriter, puts_a_new_file_in_place_of_the_old_one) {
  folder.write("out.csv", "old");
  fs::permissions(folder.path() / "out.csv", fs::perms::owner_read | fs::perms::owner_write);
  load({{"path", "out.csv"}});
  EXPECT_EQ(folder.read("out.csv"), "id,name\n1,Ann\n");
  EXPECT_EQ(fs::status(folder.path() / "out.csv").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out.csv"});
  EXPECT_EQ(written(context), std::vector<std::string>{"out.csv"});
  EXPECT_EQ(context.files[0].sha256, file_fingerprint(context.project_path("out.csv").string()));
  EXPECT_EQ(context.bytes_written, 14U);
}

TEST_F(CsvWriter, leaves_the_old_file_when_it_gives_up) {
  folder.write("out.csv", "old");
  give_up({{"path", "out.csv"}, {"chunk_size", 1}});
  EXPECT_EQ(folder.read("out.csv"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out.csv"});
  EXPECT_TRUE(context.files.empty());
}

TEST_F(CsvWriter, shows_nothing_before_it_commits) {
  const Step step("filesystem.csv_writer", {{"path", "out.csv"}, {"chunk_size", 1}});
  const auto writer = open(step);
  writer->write(batch(1, "Ann"));
  EXPECT_EQ(context.bytes_written, 14U);
  EXPECT_FALSE(fs::exists(folder.path() / "out.csv"));
  writer->abort(kDeadline);
}

TEST_F(CsvWriter, writes_the_header_of_an_empty_stream) {
  const Step step("filesystem.csv_writer", {{"path", "out.csv"}});
  const auto writer = open(step);
  EXPECT_EQ(writer->commit({}).row_count, 0U);
  EXPECT_EQ(folder.read("out.csv"), "id,name\n");
}

TEST_F(CsvWriter, writes_an_artifact_without_a_path) {
  load(Json::object());
  EXPECT_EQ(folder.read("artifact_output.csv"), "id,name\n1,Ann\n");
}

TEST_F(CsvWriter, honours_the_style) {
  load({{"path", "out.csv"},
        {"delimiter", "tab"},
        {"quote", "'"},
        {"quoting", "nonnumeric"},
        {"newline", "crlf"},
        {"header", false}});
  EXPECT_EQ(folder.read("out.csv"), "1\t'Ann'\r\n");
}

TEST_F(CsvWriter, makes_missing_folders_unless_told_otherwise) {
  const std::string refused = error_of([&] { load({{"path", "a/b/out.csv"}, {"create_dirs", false}}); });
  EXPECT_EQ(refused.substr(0, 15), "file.unwritable");
  EXPECT_TRUE(folder.names().empty());
  load({{"path", "a/b/out.csv"}});
  EXPECT_EQ(folder.read("a/b/out.csv"), "id,name\n1,Ann\n");
}

TEST_F(CsvWriter, appends_rows_below_the_same_header) {
  const Json config = {{"path", "out.csv"}, {"write_mode", "append"}};
  load(config);
  load(config);
  EXPECT_EQ(folder.read("out.csv"), "id,name\n1,Ann\n1,Ann\n");
  EXPECT_EQ(written(context), (std::vector<std::string>{"out.csv in place", "out.csv in place"}));
}

TEST_F(CsvWriter, appends_after_a_last_line_without_a_break) {
  folder.write("out.csv", "\xEF\xBB\xBFid,\"name\"\n0,Bob");
  load({{"path", "out.csv"}, {"write_mode", "append"}});
  EXPECT_EQ(folder.read("out.csv"), "\xEF\xBB\xBFid,\"name\"\n0,Bob\n1,Ann\n");
}

TEST_F(CsvWriter, refuses_to_append_to_other_columns) {
  folder.write("out.csv", "name,id\n");
  const std::string refused = error_of([&] { load({{"path", "out.csv"}, {"write_mode", "append"}}); });
  EXPECT_EQ(refused.substr(0, 18), "csv.header_differs");
  EXPECT_EQ(folder.read("out.csv"), "name,id\n");
}

TEST_F(CsvWriter, takes_appended_rows_back_when_it_gives_up) {
  const Json config = {{"path", "out.csv"}, {"write_mode", "append"}, {"chunk_size", 1}};
  give_up(config);
  EXPECT_TRUE(folder.names().empty());
  folder.write("out.csv", "id,name\n0,Bob");
  give_up(config);
  EXPECT_EQ(folder.read("out.csv"), "id,name\n0,Bob");
}

TEST_F(CsvWriter, refuses_a_folder_and_a_device) {
  EXPECT_EQ(error_of([&] { load({{"path", "."}}); }).substr(0, 17), "file.is_directory");
  EXPECT_EQ(error_of([&] {
              load({{"path", "."}, {"write_mode", "append"}});
            }).substr(0, 17),
            "file.is_directory");
  fs::create_symlink("/dev/null", folder.path() / "null");
  EXPECT_EQ(error_of([&] { load({{"path", "null"}}); }).substr(0, 16), "file.not_regular");
}

TEST_F(CsvWriter, refuses_a_file_that_another_writer_is_writing) {
  for (const char* mode : {"overwrite", "append"}) {
    const Step step("filesystem.csv_writer", {{"path", "out.csv"}, {"write_mode", mode}});
    const auto first = open(step);
    EXPECT_EQ(error_of([&] { open(step); }).substr(0, 9), "file.busy");
    first->write(batch(1, "Ann"));
    first->commit({});
  }
  EXPECT_EQ(folder.read("out.csv"), "id,name\n1,Ann\n1,Ann\n");
}

TEST_F(CsvWriter, replaces_the_file_behind_a_link) {
  folder.write("real.csv", "old");
  fs::create_symlink("real.csv", folder.path() / "link.csv");
  load({{"path", "link.csv"}});
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link.csv"));
  EXPECT_EQ(folder.read("real.csv"), "id,name\n1,Ann\n");
}

TEST_F(CsvWriter, fails_with_a_code_when_the_disk_is_full) {
  // Every write to this device fails as on a full disk; a link makes the temporary name lead there.
  const std::string part = ".out.csv." + std::to_string(::getpid()) + ".part";
  fs::create_symlink("/dev/full", folder.path() / part);
  const Step step("filesystem.csv_writer", {{"path", "out.csv"}});
  const auto writer = open(step);
  writer->write(batch(1, "Ann"));
  EXPECT_EQ(error_of([&] { writer->commit({}); }).substr(0, 14), "file.disk_full");
  writer->abort(kDeadline);
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(CsvWriter, previews_without_writing) {
  EXPECT_EQ(preview({{"path", "out/a.csv"}}), "file out/a.csv (new)");
  EXPECT_EQ(preview(Json::object()), "file output.csv among the session's artifacts (new)");
  EXPECT_TRUE(folder.names().empty());
  folder.write("a.csv", std::string(12288, 'x'));
  EXPECT_EQ(preview({{"path", "a.csv"}}), "file a.csv (replaces 12.0 KiB)");
  EXPECT_EQ(preview({{"path", "a.csv"}, {"write_mode", "append"}}), "file a.csv (appends to 12.0 KiB)");
}

}  // namespace
}  // namespace osiris::filesystem
