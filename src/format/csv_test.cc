#include "format/csv.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace osiris {
namespace {

struct Row {
  std::vector<std::string> fields;  ///< a quoted one has quotes around it
  std::uint64_t line, byte_offset;
  std::string problem;

  friend bool operator==(const Row&, const Row&) = default;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.line << "@" << row.byte_offset << " " << row.problem;
  for (const std::string& field : row.fields) *out << " [" << field << "]";
}

/// Reads a text in blocks of a size, `read_bytes` of it a call.
std::vector<Row> rows_of(std::string_view text, CsvDialect dialect = {}, std::size_t block_bytes = 64,
                         std::size_t read_bytes = 1000) {
  CsvReader reader(
      dialect,
      [&](char* buffer, std::size_t size) {
        const std::size_t count = std::min({size, read_bytes, text.size()});
        text.copy(buffer, count);
        text.remove_prefix(count);
        return count;
      },
      block_bytes);
  std::vector<Row> rows;
  while (const CsvRecord* record = reader.next()) {
    Row& row = rows.emplace_back();
    row.line = record->line;
    row.byte_offset = record->byte_offset;
    row.problem = record->problem;
    for (const CsvField& field : record->fields) {
      row.fields.push_back(field.is_quoted ? "'" + std::string(field.text) + "'" : std::string(field.text));
    }
  }
  return rows;
}

using Rows = std::vector<Row>;

TEST(CsvReader, splits_lines_of_any_ending) {
  const Rows expected = {{{"a", "b"}, 1, 0, ""}, {{"", ""}, 2, 4, ""}, {{"c"}, 3, 6, ""}};
  EXPECT_EQ(rows_of("a,b\n,\nc\n"), expected);
  EXPECT_EQ(rows_of("a,b\n,\nc"), expected);
  EXPECT_EQ(rows_of("a,b\n,\nc\r\n"), expected);
  EXPECT_EQ(rows_of("a,b\n,\nc\r"), expected);
  EXPECT_EQ(rows_of("a,\r\n"), (Rows{{{"a", ""}, 1, 0, ""}}));
  EXPECT_EQ(rows_of("a,"), (Rows{{{"a", ""}, 1, 0, ""}}));
  EXPECT_EQ(rows_of("\n\r\n"), (Rows{{{""}, 1, 0, ""}, {{""}, 2, 1, ""}}));
  EXPECT_TRUE(rows_of("").empty());
}

TEST(CsvReader, takes_everything_inside_quotes_as_text) {
  EXPECT_EQ(rows_of("\"a,\r\nb\",\"\"\n\"\"\"x\"\"\"\n"),
            (Rows{{{"'a,\r\nb'", "''"}, 1, 0, ""}, {{"'\"x\"'"}, 3, 11, ""}}));
  EXPECT_EQ(rows_of("\"a\""), (Rows{{{"'a'"}, 1, 0, ""}}));
  EXPECT_EQ(rows_of("\"a\"\r"), (Rows{{{"'a'"}, 1, 0, ""}}));
}

TEST(CsvReader, takes_another_dialect) {
  EXPECT_EQ(rows_of("'a;b';\"c\"\n", {';', '\''}), (Rows{{{"'a;b'", "\"c\""}, 1, 0, ""}}));
}

TEST(CsvReader, passes_over_lines_that_begin_with_the_comment_character) {
  const CsvDialect dialect{',', '"', '#'};
  EXPECT_EQ(rows_of("# a,\"\n1\n#\n#x", dialect, 64, 1), (Rows{{{"1"}, 2, 6, ""}}));
  EXPECT_EQ(rows_of("\"a\n#b\",#c\n", dialect), (Rows{{{"'a\n#b'", "#c"}, 1, 0, ""}}));
}

TEST(CsvReader, passes_over_lines_of_any_form_when_it_is_told_to) {
  std::string_view text = "\xEF\xBB\xBFtitle \"\n\nid\n";
  CsvReader reader({}, [&](char* buffer, std::size_t) {
    const std::size_t count = text.copy(buffer, 1);
    text.remove_prefix(count);
    return count;
  });
  reader.skip_lines(2);
  const CsvRecord* const record = reader.next();
  EXPECT_EQ(record->fields[0].text, "id");
  EXPECT_EQ(record->line, 3U);
  EXPECT_EQ(record->byte_offset, 12U);
  reader.skip_lines(5);
  EXPECT_EQ(reader.next(), nullptr);
}

TEST(CsvReader, keeps_the_bytes_of_a_record) {
  std::string_view text = "\"a \"\"b\"\"\",\"\"\"\"\r\n";
  CsvReader reader({}, [&](char* buffer, std::size_t size) {
    const std::size_t count = text.copy(buffer, size);
    text.remove_prefix(count);
    return count;
  });
  const CsvRecord* const record = reader.next();
  EXPECT_EQ(record->fields[0].text, "a \"b\"");
  EXPECT_EQ(record->fields[1].text, "\"");
  EXPECT_EQ(record->raw, "\"a \"\"b\"\"\",\"\"\"\"");
}

TEST(CsvReader, gives_up_a_quote_that_stays_open) {
  std::size_t calls = 0;
  CsvReader reader(
      {},
      [&](char* buffer, std::size_t size) {
        std::fill_n(buffer, size, 'x');
        if (calls++ == 0) *buffer = '"';
        return size;
      },
      64, 1 << 20);
  EXPECT_THROW(reader.next(), Error);
  EXPECT_LT(calls, 30U);
}

TEST(CsvReader, passes_over_a_byte_order_mark_at_the_start_only) {
  EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                    "a\n\xEF\xBB\xBF"
                    "b\n",
                    {}, 64, 1),
            (Rows{{{"a"}, 1, 3, ""},
                  {{"\xEF\xBB\xBF"
                    "b"},
                   2,
                   5,
                   ""}}));
  EXPECT_TRUE(rows_of("\xEF\xBB\xBF").empty());
}

TEST(CsvReader, names_what_is_malformed_and_goes_on_with_the_next_line) {
  const Row next = {{"1"}, 2, 5, ""};
  EXPECT_EQ(rows_of("a,b\"\n1\n"), (Rows{{{}, 1, 0, "a quote inside an unquoted field"}, next}));
  EXPECT_EQ(rows_of("\"a\"b\n1\n"), (Rows{{{}, 1, 0, "text after a closing quote"}, next}));
  EXPECT_EQ(rows_of("\"abc\n1\n"), (Rows{{{}, 1, 0, "a quote that is never closed"}, next}));
  EXPECT_EQ(rows_of("a\rbc\n1\n"), (Rows{{{}, 1, 0, "a carriage return without a line feed"}, next}));
  EXPECT_EQ(rows_of("abc\xC3\n1\n"), (Rows{{{}, 1, 0, "the bytes are not UTF-8"}, next}));
}

TEST(CsvReader, goes_on_after_the_line_where_the_problem_is) {
  EXPECT_EQ(rows_of("\"a\nb\"c\nd\n"), (Rows{{{}, 1, 0, "text after a closing quote"}, {{"d"}, 3, 7, ""}}));
  EXPECT_EQ(rows_of("a\n\"b\nc\nd"), (Rows{{{"a"}, 1, 0, ""},
                                           {{}, 2, 2, "a quote that is never closed"},
                                           {{"c"}, 3, 5, ""},
                                           {{"d"}, 4, 7, ""}}));
}

TEST(CsvReader, reads_the_same_whatever_the_blocks) {
  const std::string text =
      "\xEF\xBB\xBFid,name,note\r\n1,\"Doe, \"\"J\"\"\",\"two\r\nlines\"\n2,Zo\xC3\xAB,\n3,x\"y,z\n\"4\"5,,\n"
      "6,\"\"\"\",\"" +
      std::string(100, 'q') + "\"\n7,\xF0\x9F\x90\x8E,\"a\"\r\n\"never closed\n8,9,10";
  const Rows expected = rows_of(text, {}, 4096);
  ASSERT_EQ(expected.size(), 9U);
  for (std::size_t block_bytes = 1; block_bytes < 200; ++block_bytes) {
    ASSERT_EQ(rows_of(text, {}, block_bytes), expected) << block_bytes;
    ASSERT_EQ(rows_of(text, {}, block_bytes, 1), expected) << block_bytes;
  }
}

TEST(CsvReader, finds_a_separator_at_every_place) {
  for (std::size_t size = 0; size < 80; ++size) {
    const std::string field(size, 'x');
    ASSERT_EQ(rows_of(field + "," + field + "\n" + field + ",y"),
              (Rows{{{field, field}, 1, 0, ""}, {{field, "y"}, 2, 2 * size + 2, ""}}));
  }
}

TEST(CsvReader, holds_a_value_of_100_megabytes) {
  constexpr std::size_t kSize = 100'000'000;
  const std::string text = "a,\"" + std::string(kSize, 'x') + "\"\nb,c\n";
  std::size_t at = 0, calls = 0;
  CsvReader reader({}, [&](char* buffer, std::size_t size) {
    const std::size_t count = text.copy(buffer, size, at);
    at += count;
    ++calls;
    return count;
  });
  EXPECT_EQ(reader.next()->fields[1].text.size(), kSize);
  EXPECT_EQ(reader.next()->fields[1].text, "c");
  EXPECT_EQ(reader.next(), nullptr);
  // The buffer doubles: a record is not scanned again after each small block.
  EXPECT_LT(calls, 20U);
}

TEST(CsvReader, passes_on_what_the_source_throws) {
  CsvReader reader({}, [calls = 0](char* buffer, std::size_t) mutable -> std::size_t {
    if (++calls > 3) throw Error(ErrorKind::kUser, "file.unreadable", "cannot read");
    *buffer = 'x';
    return 1;
  });
  EXPECT_THROW(reader.next(), Error);
}

}  // namespace
}  // namespace osiris
