#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include "filesystem/test_run.h"
#include "table/values.h"

namespace osiris::filesystem {
namespace {

struct CsvExtractor : testing::Test {
  ProjectFolder folder;
  TestContext context{folder.path()};

  /// All rows as text, as they are printed: fields by '|', NULL as '~', a row a line.
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
          if (view.is_valid(row)) {
            append_value_text(text, view, row, extractor->schema()[column]);
          } else {
            text += '~';
          }
          text += '|';
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
  EXPECT_EQ(
      failure({{"path", "in/a.csv"}}),
      "csv.malformed: malformed row in 'in/a.csv' at line 2, byte 2: the bytes are not UTF-8 from byte 2 on");
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

TEST_F(CsvExtractor, reads_declared_types) {
  folder.write(
      "a.csv",
      "id,amount,day,at,ok,raw,big\n"
      "7,1.5,5.3.2026,05/03/2026 4:05 PM,ano,00ff,1234567890123456789012345678901234567890.5\n,,,,,,\n");
  const Json types{{"id", "smallint"},
                   {"amount", "decimal(12,2)"},
                   {"day", "date(%d.%m.%Y)"},
                   {"at", "timestamp(%d/%m/%Y %I:%M %p)"},
                   {"ok", "boolean(ano|a, ne|n)"},
                   {"raw", "bytes(hex)"},
                   {"big", "decimal(45,2)"}};
  EXPECT_EQ(rows({{"path", "a.csv"}, {"types", types}}),
            "id|amount|day|at|ok|raw|big|\n"
            "7|1.50|2026-03-05|2026-03-05 16:05:00|true|" +
                std::string("\0\xFF", 2) + "|1234567890123456789012345678901234567890.5|\n~|~|~|~|~|~|~|");
}

TEST_F(CsvExtractor, names_the_place_of_a_value_that_does_not_fit_its_type) {
  folder.write("a.csv", "id,n\n1,2\n2,x\n3,300\n");
  const Json types{{"n", "tinyint"}};
  EXPECT_EQ(failure({{"path", "a.csv"}, {"types", types}}),
            "value.malformed: bad value in 'a.csv' at line 3, byte 9: column 'n': not a value of type "
            "tinyint: 'x'");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"types", types}, {"on_bad_row", "quarantine"}}), "id|n|\n1|2|");
  ASSERT_EQ(context.refused.size(), 2U);
  EXPECT_EQ(context.refused[1].reason_code, "value.out_of_range");
  EXPECT_EQ(context.refused[1].column, "n");
  EXPECT_EQ(context.refused[1].raw, "3,300");
  EXPECT_EQ(context.refused[1].source, (Json{{"file", "a.csv"}, {"line", 4}, {"byte_offset", 13}}));
}

TEST_F(CsvExtractor, leaves_no_trace_of_a_row_that_is_refused_half_way) {
  folder.write("a.csv", "a,b,n\n,x,y\n1,2,3\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"types", {{"n", "int"}}}, {"on_bad_row", "skip"}}), "a|b|n|\n1|2|3|");
}

TEST_F(CsvExtractor, stops_at_more_bad_rows_than_it_may_leave_out) {
  folder.write("a.csv", "a,b\n1\n2\n3\n");
  EXPECT_EQ(
      failure({{"path", "a.csv"}, {"on_bad_row", "skip"}, {"max_bad_rows", 2}}),
      "file.too_many_bad_rows: more than 2 bad rows; the last: malformed row in 'a.csv' at line 4, byte 8: "
      "1 field where the header has 2");
}

TEST_F(CsvExtractor, refuses_types_that_it_does_not_know) {
  folder.write("a.csv", "a\n1\n");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"types", {{"a", "number"}}}}),
            "config.invalid: the type of column 'a' is not known: 'number'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"types", {{"b", "int"}}}}),
            "file.no_such_column: 'a.csv' has no column 'b'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"types", {{"a", "date(%d.%m)"}}}}),
            "config.invalid: the format of a date or time lacks year, month or day: '%d.%m'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"types", {{"a", "boolean(yes, yes|no)"}}}}),
            "config.invalid: the words of column 'a' are not clear: 'yes, yes|no'");
}

TEST_F(CsvExtractor, reads_some_columns_in_another_order) {
  folder.write("a.csv", "a,b,c\n1,2,3\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"columns", {"c", "a"}}}), "c|a|\n3|1|");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"columns", {"d"}}}),
            "file.no_such_column: 'a.csv' has no column 'd'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"columns", {"a", "a"}}}),
            "config.invalid: columns names a column twice: 'a'");
}

TEST_F(CsvExtractor, takes_the_names_of_columns_where_there_is_no_header) {
  folder.write("a.csv", "1,2\n3\n");
  const Json config{{"path", "a.csv"}, {"header", false}, {"columns", {"x", "y"}}};
  EXPECT_EQ(failure(config),
            "csv.malformed: malformed row in 'a.csv' at line 2, byte 4: 1 field where the key columns has 2");
  folder.write("a.csv", "");
  EXPECT_EQ(rows(config), "x|y|");
}

TEST_F(CsvExtractor, passes_over_lines_and_comments) {
  folder.write("a.csv", "Report, \"of March\n\n# columns\na,b\n#1,2\n3,#4\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"skip", 2}, {"comment", "#"}}), "a|b|\n3|#4|");
}

TEST_F(CsvExtractor, treats_ragged_rows_as_it_is_told) {
  folder.write("a.csv", "a,b\n1\n2,3\n4,5,6\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"ragged", "pad_and_cut"}}), "a|b|\n1|~|\n2|3|\n4|5|");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"ragged", "pad"}, {"on_bad_row", "skip"}}), "a|b|\n1|~|\n2|3|");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"ragged", "cut"}, {"on_bad_row", "skip"}}), "a|b|\n2|3|\n4|5|");
}

TEST_F(CsvExtractor, refuses_a_header_that_comes_again) {
  folder.write("a.csv", "a,b\n1,2\na,b\n3,4\n");
  EXPECT_EQ(failure({{"path", "a.csv"}}),
            "csv.malformed: malformed row in 'a.csv' at line 3, byte 8: the header once more");
  folder.write("a.csv", "a\na\n");
  EXPECT_EQ(rows({{"path", "a.csv"}}), "a|\na|") << "a value may be its column's name";
}

TEST_F(CsvExtractor, adds_the_name_of_the_file) {
  folder.write("in/a.csv", "x\n1\n");
  folder.write("in/b.csv", "x\n2\n");
  EXPECT_EQ(rows({{"path", "in/*.csv"}, {"file_column", "file"}}), "x|file|\n1|in/a.csv|\n2|in/b.csv|");
  EXPECT_EQ(failure({{"path", "in/a.csv"}, {"file_column", "x"}}),
            "config.invalid: file_column is a column of the file: 'x'");
}

TEST_F(CsvExtractor, reads_other_encodings) {
  folder.write("a.csv", "n\nP\xF8\xEDli\x9A\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"encoding", "windows-1250"}}), "n|\nPříliš|");
  folder.write("a.csv", "n\n\xE9\n");
  EXPECT_EQ(rows({{"path", "a.csv"}, {"encoding", "latin1"}}), "n|\né|");
  folder.write("a.csv", std::string("\xFF\xFEn\0\n\0\x3D\xD8\0\xDE\n\0", 12));
  EXPECT_EQ(rows({{"path", "a.csv"}, {"encoding", "utf-16"}}), "n|\n\U0001F600|");
  folder.write("a.csv", std::string("\0n\0\n\0\xE9\0\n", 8));
  EXPECT_EQ(rows({{"path", "a.csv"}, {"encoding", "utf-16be"}}), "n|\né|");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"encoding", "utf-16"}}),
            "file.encoding: the file has no byte order mark, so utf-16 says too little: 'a.csv'");
  EXPECT_EQ(failure({{"path", "a.csv"}, {"encoding", "utf8//IGNORE"}}),
            "config.invalid: the encoding is not known: 'utf8//IGNORE'");
}

TEST_F(CsvExtractor, tells_utf_16_that_was_not_announced) {
  folder.write("a.csv", std::string("\xFF\xFEn\0\n\0", 6));
  EXPECT_EQ(failure({{"path", "a.csv"}}),
            "file.encoding: the file begins with the byte order mark of UTF-16: 'a.csv'");
  folder.write("a.csv", std::string("n\0,\0m\0\n\0", 8));
  EXPECT_EQ(failure({{"path", "a.csv"}}), "file.encoding: the header of 'a.csv' has NUL bytes in it");
}

TEST_F(CsvExtractor, keeps_nul_bytes_in_values) {
  folder.write("a.csv", std::string("n\n1\0"
                                    "2\n",
                                    6));
  EXPECT_EQ(rows({{"path", "a.csv"}}), std::string("n|\n1\0"
                                                   "2|",
                                                   7));
}

TEST_F(CsvExtractor, quarantines_the_original_bytes_of_any_encoding) {
  std::string text;
  for (const char c : std::string("a,b\n")) text += {c, '\0'};
  for (int row = 0; row < 10'000; ++row) text += std::string("x\0,\0\xE9\0\n\0", 8);
  const std::size_t bad_at = text.size();
  const std::string bad("\xE9\0\0\xD8!\0", 6);
  text += bad + std::string("\n\0", 2) + std::string("y\0,\0z\0", 6);
  folder.write("a.csv", text);
  rows({{"path", "a.csv"}, {"encoding", "utf-16le"}, {"on_bad_row", "quarantine"}});
  ASSERT_EQ(context.refused.size(), 1U);
  EXPECT_EQ(context.refused[0].raw, bad);
  EXPECT_EQ(context.refused[0].source["byte_offset"], bad_at);
  EXPECT_EQ(context.refused[0].source["line"], 10'002);
  EXPECT_EQ(context.refused[0].message,
            "the bytes are not utf-16le from byte " + std::to_string(bad_at + 2) + " on");
}

TEST_F(CsvExtractor, gives_up_a_row_that_is_too_long) {
  folder.write("a.csv", "a\n\"" + std::string(100'000, 'x'));
  EXPECT_EQ(failure({{"path", "a.csv"}, {"max_row_size", "4KiB"}}).substr(0, 48),
            "csv.record_too_large: the row at line 2, byte 2,");
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
