#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "filesystem/test_run.h"

namespace osiris::filesystem {
namespace {

struct CsvExtractor : testing::Test {
  ProjectFolder folder;
  TestContext context{folder.path()};

  /// All rows as text: fields by '|', NULL as '~', a row a line.
  std::string rows(Json config) {
    const Step step("filesystem.csv_extractor", std::move(config));
    const auto extractor = step.registered->component->open_extractor(step.config, context);
    std::string text;
    for (const ColumnType& column : extractor->schema()) text += column.name + "|";
    while (const auto batch = extractor->next()) {
      for (std::size_t row = 0; row < batch->row_count(); ++row) {
        text += '\n';
        for (std::size_t column = 0; column < batch->column_count(); ++column) {
          const ColumnView& view = batch->column(column);
          text += view.is_valid(row) ? std::string(view.text(row)) + "|" : "~|";
        }
      }
    }
    return text;
  }
  std::string failure(Json config) {
    return error_of([&] { rows(std::move(config)); });
  }
};

TEST_F(CsvExtractor, reads_text_as_it_is) {
  folder.write("a.csv", "id,name\r\n00123,\"Doe, \"\"J\"\"\"\r\n7,\"two\nlines\"");
  EXPECT_EQ(rows({{"path", "a.csv"}}), "id|name|\n00123|Doe, \"J\"|\n7|two\nlines|");
  EXPECT_EQ(context.bytes_read, fs::file_size(folder.path() / "a.csv"));
}

TEST_F(CsvExtractor, tells_null_from_the_empty_text) {
  folder.write("a.csv", "a,b,c\n,\"\",NULL\n");
  EXPECT_EQ(rows({{"path", "a.csv"}}), "a|b|c|\n~||NULL|");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"null_values", {"NULL"}}}), "a|b|c|\n||~|");
}

TEST_F(CsvExtractor, takes_another_delimiter_and_quote) {
  folder.write("a.csv", "a\tb\n'x\ty'\t1\n");
  for (const char* tab : {"tab", "\\t", "\t"}) {
    EXPECT_EQ(rows({{"path", "a.csv"}, {"delimiter", tab}, {"quote", "'"}}), "a|b|\nx\ty|1|");
  }
  EXPECT_EQ(failure({{"path", "a.csv"}, {"delimiter", "é"}}),
            "config.invalid: delimiter is not one ASCII character: 'é'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"delimiter", "\""}}),
            "config.invalid: delimiter and quote are the same: '\"'");
}

TEST_F(CsvExtractor, numbers_the_columns_without_a_header) {
  folder.write("a.csv", "1,2\n3,4\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"header", false}}), "column_1|column_2|\n1|2|\n3|4|");
}

TEST_F(CsvExtractor, passes_over_a_byte_order_mark_and_blank_lines) {
  folder.write("a.csv", "\xEF\xBB\xBF\na,b\n\n1,2\n\r\n");
  EXPECT_EQ(rows({{"path", "a.csv"}}), "a|b|\n1|2|");
}

TEST_F(CsvExtractor, reads_a_blank_line_of_one_column_as_null) {
  folder.write("a.csv", "a\n\n1\n");
  EXPECT_EQ(rows({{"path", "a.csv"}}), "a|\n~|\n1|");
}

TEST_F(CsvExtractor, reads_matching_files_in_the_order_of_their_names) {
  folder.write("in/b.csv", "x\n2\n");
  folder.write("in/B.csv", "x\n1\n");
  folder.write("in/c.txt", "y\n3\n");
  folder.write("in/d.csv/e", "");
  EXPECT_EQ(rows({{"path", "in/*.csv"}}), "x|\n1|\n2|");
}

TEST_F(CsvExtractor, finds_patterns_under_a_folder_with_pattern_marks) {
  folder.write("p[1]/a.csv", "x\n1\n");
  TestContext inside(folder.path() / "p[1]");
  const Step step("filesystem.csv_extractor", {{"path", "*.csv"}});
  const auto extractor = step.registered->component->open_extractor(step.config, inside);
  EXPECT_EQ(extractor->next()->row_count(), 1U);
}

TEST_F(CsvExtractor, expects_the_bytes_of_all_files_but_not_of_a_pipe) {
  folder.write("in/a.csv", "x\n1\n");
  folder.write("in/b.csv", "x\n22\n");
  rows({{"path", "in/*.csv"}});
  ASSERT_TRUE(context.expected);
  EXPECT_EQ(context.expected->count, context.bytes_read);
  EXPECT_TRUE(context.expected->unit == Total::Unit::kBytes && !context.expected->is_estimate);
  context.expected.reset();
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  const std::jthread writer([&] { OutputFile(folder.path() / "pipe", O_WRONLY).write("x\n1\n"); });
  EXPECT_EQ(rows({{"path", "pipe"}}), "x|\n1|");
  EXPECT_FALSE(context.expected);
}

TEST_F(CsvExtractor, refuses_files_with_other_headers) {
  folder.write("a.csv", "x,y\n");
  folder.write("b.csv", "y,x\n");
  EXPECT_EQ(failure({{"path", "*.csv"}}),
            "csv.header_differs: the header of 'b.csv' differs from that of 'a.csv'");
}

TEST_F(CsvExtractor, names_the_place_of_a_malformed_row) {
  folder.write("in/a.csv", "a,b,c\n\"x\ny\",2,3\n4,5\n");
  EXPECT_EQ(failure({{"path", "in/a.csv"}}),
            "csv.malformed: malformed row in 'in/a.csv' at line 4, byte 16: 2 fields where the header has 3");
  folder.write("in/a.csv", "a\n\xFF\n");
  EXPECT_EQ(failure({{"path", "in/a.csv"}}),
            "csv.malformed: malformed row in 'in/a.csv' at line 2, byte 2: the bytes are not UTF-8");
  folder.write("in/a.csv", "1,2\n3\n");
  EXPECT_EQ(
      failure({{"path", "in/a.csv"}, {"header", false}}),
      "csv.malformed: malformed row in 'in/a.csv' at line 2, byte 4: 1 field where the first row has 2");
}

TEST_F(CsvExtractor, skips_and_counts_malformed_rows_when_asked) {
  folder.write("a.csv", "a,b\n1\n2,3\n4,5\"6\n7,8\n9,\"10\n11,12\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"on_bad_row", "skip"}}), "a|b|\n2|3|\n7|8|\n11|12|");
  EXPECT_EQ(context.skipped_rows, 3U);
  EXPECT_EQ(context.warnings, std::vector<std::string>{
                                  "csv.rows_skipped: rows left out: 3; the first: malformed row in 'a.csv' "
                                  "at line 2, byte 4: 1 field where the header has 2"});
}

TEST_F(CsvExtractor, refuses_what_has_no_columns) {
  folder.write("a.csv", "");
  EXPECT_EQ(failure({{"path", "a.csv"}}), "csv.no_header: the file has no header: 'a.csv'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"header", false}}), "csv.no_columns: the file is empty: 'a.csv'");
  folder.write("a.csv", "x,y,x\n");
  EXPECT_EQ(failure({{"path", "a.csv"}}),
            "csv.duplicate_column: the header of 'a.csv' names a column twice: 'x'");
}

TEST_F(CsvExtractor, names_a_file_that_cannot_be_read) {
  folder.write("in/a.csv", "x\n");
  EXPECT_EQ(failure({{"path", "b.csv"}}), "file.not_found: no such file: 'b.csv'");
  EXPECT_EQ(failure({{"path", "in/*.tsv"}}), "file.not_found: no file matches the pattern: 'in/*.tsv'");
  EXPECT_EQ(failure({{"path", "in"}}), "file.is_directory: not a file but a directory: 'in'");
  EXPECT_EQ(failure({{"path", std::string(300, 'x')}}).substr(0, 16), "file.unreadable:");
}

TEST_F(CsvExtractor, splits_rows_into_batches_and_sends_a_large_value_alone) {
  std::string text = "a\n";
  for (int row = 0; row < 5000; ++row) text += std::to_string(row) + "\n";
  text += std::string(std::size_t{10} << 20, 'x') + "\n1\n";
  folder.write("a.csv", text);
  const Step step("filesystem.csv_extractor", {{"path", "a.csv"}});
  const auto extractor = step.registered->component->open_extractor(step.config, context);
  std::vector<std::size_t> counts;
  while (const auto batch = extractor->next()) counts.push_back(batch->row_count());
  EXPECT_EQ(counts, (std::vector<std::size_t>{2048, 2048, 904, 1, 1}));
}

TEST_F(CsvExtractor, stops_when_the_run_is_cancelled) {
  folder.write("a.csv", "x\n1\n");
  const Step step("filesystem.csv_extractor", {{"path", "a.csv"}});
  const auto extractor = step.registered->component->open_extractor(step.config, context);
  context.cancellation().cancel();
  EXPECT_EQ(error_of([&] { extractor->next(); }).substr(0, 13), "run.cancelled");
}

TEST_F(CsvExtractor, previews_files_and_columns) {
  folder.write("a.csv", "x,y\n1,2\n");
  folder.write("b.csv", "x,y\n");
  const Step step("filesystem.csv_extractor", {{"path", "*.csv"}});
  const Preview preview = step.registered->component->preview(step.config, {}, context);
  EXPECT_EQ(preview.reads, (std::vector<std::string>{"file a.csv (8 B)", "file b.csv (4 B)"}));
  EXPECT_EQ(preview.schema->at(1).name, "y");
}

}  // namespace
}  // namespace osiris::filesystem
