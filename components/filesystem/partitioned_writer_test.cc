#include <gmock/gmock.h>

#include "base/text.h"
#include "filesystem/folder_target.h"
#include "filesystem/test_run.h"

namespace osiris::filesystem {
namespace {

struct PartitionedWriter : testing::Test {
  ProjectFolder folder;
  TestContext context{folder.path()};
  Schema schema;

  PartitionedWriter() {
    schema.resize(2);
    schema[0].name = "country";
    schema[1].name = "id";
    schema[1].type.id = TypeId::kInt64;
  }

  Batch batch(const std::vector<std::optional<std::string>>& countries) const {
    BatchBuilder builder(schema);
    std::int64_t id = 0;
    for (const auto& country : countries) {
      if (country) {
        builder.append_text(0, *country);
      } else {
        builder.append_null(0);
      }
      builder.append(1, ++id);
      builder.end_row();
    }
    return builder.finish();
  }

  std::unique_ptr<Writer> open(const Step& step) {
    return step.registered->component->open_writer(step.config, schema, context);
  }
  Json config(Json more = Json::object()) const {
    more["path"] = "out";
    more["partition_by"] = {"country"};
    return more;
  }
  /// Every file below a folder.
  std::vector<std::string> files(const std::string& below) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / below)) {
      if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(folder.path()).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(PartitionedWriter, writes_one_file_for_each_value) {
  const Step step("filesystem.csv_writer", config());
  const auto writer = open(step);
  writer->write(batch({"CZ", "SK", "CZ", std::nullopt, "a/b"}));
  EXPECT_FALSE(fs::exists(folder.path() / "out")) << "nothing is there before the commit";
  EXPECT_EQ(writer->commit({5}).row_count, 5U);
  EXPECT_THAT(files("out"), testing::ElementsAre("out/country=CZ/data.csv", "out/country=SK/data.csv",
                                                 "out/country=__HIVE_DEFAULT_PARTITION__/data.csv",
                                                 "out/country=a%2Fb/data.csv"));
  EXPECT_EQ(folder.read("out/country=CZ/data.csv"), "country,id\nCZ,1\nCZ,3\n");
  EXPECT_EQ(context.files.size(), 4U);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out"});
}

TEST_F(PartitionedWriter, replaces_the_folder_as_a_whole) {
  const Step step("filesystem.csv_writer", config());
  for (const char* country : {"CZ", "SK"}) {
    const auto writer = open(step);
    writer->write(batch({country}));
    writer->commit({1});
  }
  EXPECT_THAT(files("out"), testing::ElementsAre("out/country=SK/data.csv"));
  const auto writer = open(step);
  writer->write(batch({"PL"}));
  writer->abort({});
  EXPECT_THAT(files("out"), testing::ElementsAre("out/country=SK/data.csv"));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out"});
}

TEST_F(PartitionedWriter, leaves_a_folder_alone_that_holds_something_else) {
  folder.write("out/notes.txt", "mine");
  const Step step("filesystem.csv_writer", config());
  EXPECT_EQ(error_of([&] { open(step); }).substr(0, 83),
            "file.not_partitions: the output path holds something else than partitions by countr");
  EXPECT_EQ(folder.read("out/notes.txt"), "mine");
}

TEST_F(PartitionedWriter, adds_to_files_that_it_had_to_close) {
  for (const char* compression : {"none", "gzip", "zstd"}) {
    const Step step("filesystem.jsonl_writer", config({{"compression", compression}}));
    const auto writer = open(step);
    std::vector<std::optional<std::string>> countries;
    for (int row = 0; row < 2000; ++row) countries.emplace_back(cat("c", row % 500));
    writer->write(batch(countries));
    writer->commit({2000});
    EXPECT_EQ(files("out").size(), 500U);
    const std::string suffix = std::string(compression) == "none"   ? ""
                               : std::string(compression) == "gzip" ? ".gz"
                                                                    : ".zst";
    const Step again("filesystem.jsonl_extractor", {{"path", "out/country=c7/data.jsonl" + suffix}});
    const auto extractor = again.registered->component->open_extractor(again.config, context);
    EXPECT_EQ(extractor->next()->row_count(), 4U) << compression;
  }
}

TEST_F(PartitionedWriter, writes_a_parquet_file_for_each_value) {
  const Step step("filesystem.parquet_writer", config());
  for (int round = 0; round < 2; ++round) {
    const auto writer = open(step);
    writer->write(batch({"CZ", std::nullopt, "a/b", "CZ"}));
    writer->write(batch({"SK", "CZ"}));
    EXPECT_EQ(writer->commit({6}).row_count, 6U);
  }
  EXPECT_THAT(files("out"), testing::ElementsAre("out/country=CZ/data.parquet", "out/country=SK/data.parquet",
                                                 "out/country=__HIVE_DEFAULT_PARTITION__/data.parquet",
                                                 "out/country=a%2Fb/data.parquet"));
  const Step again("filesystem.parquet_extractor", {{"path", "out/country=CZ/data.parquet"}});
  const auto extractor = again.registered->component->open_extractor(again.config, context);
  const auto rows = extractor->next();
  ASSERT_EQ(rows->row_count(), 3U);
  EXPECT_EQ(rows->column(1).as<std::int64_t>()[1], 4) << "in the order in which they came";
  const auto writer = open(step);
  writer->write(batch({"PL"}));
  writer->abort({});
  EXPECT_EQ(files("out").size(), 4U);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out"});
}

TEST_F(PartitionedWriter, names_what_cannot_be) {
  EXPECT_EQ(error_of([&] {
              const Step step("filesystem.csv_writer", {{"path", "out"}, {"partition_by", {"land"}}});
              open(step);
            }),
            "config.invalid: partition_by names no column: 'land'");
  const Step step("filesystem.csv_writer", config());
  const auto writer = open(step);
  EXPECT_EQ(error_of([&] { writer->write(batch({std::string(300, 'x')})); }).substr(0, 24),
            "file.name_too_long: a va");
}

TEST(PartitionName, escapes_what_a_path_cannot_hold) {
  const std::string value = "50% a/b:\n=č";
  EXPECT_EQ(partition_name("k=", &value), "k%3D=50%25 a%2Fb%3A%0A%3Dč");
  EXPECT_EQ(partition_name("k", nullptr), "k=__HIVE_DEFAULT_PARTITION__");
}

}  // namespace
}  // namespace osiris::filesystem
