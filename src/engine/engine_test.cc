#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <thread>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ColumnType column(std::string name, LogicalType type, Encoding encoding = Encoding::kNative) {
  ColumnType made;
  made.name = std::move(name);
  made.type = type;
  made.encoding = encoding;
  return made;
}

ColumnType text_column(std::string name, LogicalType type, std::string source_type = "",
                       PrintStyle style = {}) {
  ColumnType made = column(std::move(name), type, Encoding::kText);
  made.source_type = std::move(source_type);
  made.style = style;
  return made;
}

/// Rows of text per column; "NULL" is null. The columns are all of text encoding or strings.
SqlInput text_input(std::string name, Schema schema, const std::vector<std::vector<std::string>>& rows,
                    std::size_t batch_rows = Batch::kMaxRows) {
  auto builder = std::make_shared<BatchBuilder>(schema);
  auto at = std::make_shared<std::size_t>(0);
  auto width = schema.size();
  return {std::move(name), std::move(schema), [=]() -> std::optional<Batch> {
            for (; *at < rows.size() && builder->row_count() < batch_rows && !builder->is_full(); ++*at) {
              for (std::size_t index = 0; index < width; ++index) {
                const std::string& value = rows[*at][index];
                value == "NULL" ? builder->append_null(index) : builder->append_text(index, value);
              }
              builder->end_row();
            }
            if (builder->row_count() == 0) return std::nullopt;
            return builder->finish();
          }};
}

/// One BIGINT column "n" with 0 … count-1, `batch_rows` at a time.
SqlInput numbers(std::string name, std::int64_t count, std::size_t batch_rows = Batch::kMaxRows) {
  const Schema schema{column("n", {TypeId::kInt64})};
  auto builder = std::make_shared<BatchBuilder>(schema);
  auto at = std::make_shared<std::int64_t>(0);
  return {std::move(name), schema, [=]() -> std::optional<Batch> {
            for (; *at < count && builder->row_count() < batch_rows && !builder->is_full(); ++*at) {
              builder->append(0, *at);
              builder->end_row();
            }
            if (builder->row_count() == 0) return std::nullopt;
            return builder->finish();
          }};
}

SqlOptions options_for_tests() {
  // Of this process alone: the engine names what it spills alike in each.
  static const TestFolder kFolder;
  SqlOptions options;
  options.temporary_folder = kFolder.path();
  return options;
}

struct Answer {
  Schema schema;
  std::vector<std::string> rows;  ///< "a|b|NULL"
  std::vector<std::size_t> batch_rows;
};

Answer ask(const std::string& sql, std::vector<SqlInput> inputs = {},
           SqlOptions options = options_for_tests()) {
  SqlStream stream(sql, std::move(inputs), options);
  Answer answer{stream.schema(), {}, {}};
  while (const auto batch = stream.next()) {
    answer.batch_rows.push_back(batch->row_count());
    for (std::size_t row = 0; row < batch->row_count(); ++row) {
      std::string line;
      for (std::size_t index = 0; index < batch->column_count(); ++index) {
        if (index > 0) line += '|';
        if (!batch->column(index).is_valid(row)) {
          line += "NULL";
        } else {
          append_value_text(line, batch->column(index), row, answer.schema[index]);
        }
      }
      answer.rows.push_back(line);
    }
  }
  return answer;
}

/// The code of the error that `sql` leads to; fails the test when there is none.
Error error_of(const std::string& sql, std::vector<SqlInput> inputs = {},
               SqlOptions options = options_for_tests()) {
  try {
    ask(sql, std::move(inputs), options);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error: " << sql;
  return {ErrorKind::kInternal, "none", "none"};
}

struct TypeCase {
  const char* name;
  LogicalType type;
  std::vector<std::string> values;
};

class EveryType : public testing::TestWithParam<TypeCase> {};

TEST_P(EveryType, comes_back_as_it_went_in_with_nulls_and_batch_boundaries) {
  const TypeCase& param = GetParam();
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> expected;
  for (std::size_t row = 0; row < 5000; ++row) {
    const std::string value = row % 7 == 3 ? "NULL" : param.values[row % param.values.size()];
    rows.push_back({value});
    expected.push_back(value);
  }
  // Text goes in, the engine's own form comes out, and is sent through once more in that form.
  const Answer first = ask("SELECT * FROM t", {text_input("t", {text_column("v", param.type)}, rows, 1000)});
  EXPECT_EQ(first.rows, expected);
  EXPECT_EQ(first.schema[0].type, param.type);

  const Schema schema{column("v", param.type)};
  SqlStream inner("SELECT v FROM t", {text_input("t", {text_column("v", param.type)}, rows)},
                  options_for_tests());
  const Answer second = ask("SELECT v AS w FROM t", {{"t", inner.schema(), [&] { return inner.next(); }}});
  EXPECT_EQ(second.rows, expected);
  EXPECT_EQ(second.schema[0].type, param.type);
  EXPECT_EQ(second.schema[0].name, "w");
}

INSTANTIATE_TEST_SUITE_P(
    engine, EveryType,
    testing::Values(
        TypeCase{"boolean", {TypeId::kBoolean}, {"true", "false"}},
        TypeCase{"int8", {TypeId::kInt8}, {"-128", "127", "0"}},
        TypeCase{"int16", {TypeId::kInt16}, {"-32768", "32767"}},
        TypeCase{"int32", {TypeId::kInt32}, {"-2147483648", "2147483647"}},
        TypeCase{"int64", {TypeId::kInt64}, {"-9223372036854775808", "9223372036854775807"}},
        TypeCase{"uint8", {TypeId::kUint8}, {"0", "255"}},
        TypeCase{"uint16", {TypeId::kUint16}, {"0", "65535"}},
        TypeCase{"uint32", {TypeId::kUint32}, {"0", "4294967295"}},
        TypeCase{"uint64", {TypeId::kUint64}, {"0", "18446744073709551615"}},
        TypeCase{"hugeint",
                 {TypeId::kHugeint},
                 {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"}},
        TypeCase{"float", {TypeId::kFloat}, {"0.1", "-3.4028235e+38", "1e-45"}},
        TypeCase{"double", {TypeId::kDouble}, {"0.1", "1.7976931348623157e+308", "-5e-324"}},
        TypeCase{"decimal4", {TypeId::kDecimal, 4, 2}, {"-99.99", "0.01", "0.00"}},
        TypeCase{"decimal9", {TypeId::kDecimal, 9, 0}, {"-999999999", "1"}},
        TypeCase{"decimal18", {TypeId::kDecimal, 18, 4}, {"99999999999999.9999", "-0.0001"}},
        TypeCase{"decimal38",
                 {TypeId::kDecimal, 38, 10},
                 {"9999999999999999999999999999.9999999999", "-0.0000000001"}},
        TypeCase{"decimal65",
                 {TypeId::kDecimal, 65, 30},
                 {"99999999999999999999999999999999999.999999999999999999999999999999", "-0.5"}},
        TypeCase{"date", {TypeId::kDate}, {"1000-01-01", "9999-12-31", "2024-02-29"}},
        TypeCase{"time", {TypeId::kTime}, {"00:00:00", "23:59:59.999999"}},
        TypeCase{"timestamp", {TypeId::kTimestamp}, {"1000-01-01 00:00:00", "9999-12-31 23:59:59.999999"}},
        TypeCase{"timestamptz", {TypeId::kTimestampTz}, {"1970-01-01 00:00:01+00:00"}},
        TypeCase{"interval", {TypeId::kInterval}, {"838:59:59", "-838:59:59", "00:00:00.000001"}},
        TypeCase{
            "text", {TypeId::kText}, {"", "short", "a text of more than twelve bytes", "žluťoučký 🐎 kůň"}},
        TypeCase{"json", {TypeId::kJson}, {R"({"a": 1.0, "b":[]})", "null", "[1,  2]"}},
        TypeCase{"bytes",
                 {TypeId::kBytes},
                 {std::string("\0\xff\xfe", 3), "", std::string(300, '\x80'), "printable, but long enough"}},
        TypeCase{"uuid",
                 {TypeId::kUuid},
                 {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(SqlStream, hands_over_full_batches_and_keeps_their_order) {
  const Answer answer = ask("SELECT n FROM a WHERE n % 2 = 0", {numbers("a", 20000, 1999)});
  ASSERT_EQ(answer.rows.size(), 10000U);
  for (std::size_t row = 0; row < answer.rows.size(); ++row) EXPECT_EQ(answer.rows[row], cat(row * 2));
  for (const std::size_t rows : answer.batch_rows) EXPECT_LE(rows, Batch::kMaxRows);
}

TEST(SqlStream, works_around_the_vector_size) {
  for (const std::int64_t count : {0, 1, 2047, 2048, 2049, 4096, 4097}) {
    EXPECT_EQ(ask("SELECT * FROM a", {numbers("a", count)}).rows.size(), static_cast<std::size_t>(count));
    EXPECT_THAT(ask("SELECT count(*), sum(n) FROM a", {numbers("a", count)}).rows,
                ElementsAre(cat(count, '|', count == 0 ? "NULL" : cat(count * (count - 1) / 2))));
  }
}

TEST(SqlStream, takes_300_columns) {
  Schema schema;
  std::vector<std::string> row;
  std::string expected;
  for (int index = 0; index < 300; ++index) {
    schema.push_back(text_column(cat("c", index), {TypeId::kInt32}, cat("mysql int ", index)));
    row.push_back(index % 5 == 0 ? "NULL" : cat(index));
    expected += (index == 0 ? "" : "|") + row.back();
  }
  const Answer answer = ask("SELECT * FROM wide", {text_input("wide", schema, {row, row, row})});
  EXPECT_THAT(answer.rows, ElementsAre(expected, expected, expected));
  EXPECT_EQ(answer.schema[299].source_type, "mysql int 299");
}

TEST(SqlStream, names_inputs_by_step_and_as_the_original_did) {
  EXPECT_THAT(ask("SELECT count(*) FROM \"my-step\"", {numbers("my-step", 3)}).rows, ElementsAre("3"));
  EXPECT_THAT(ask("SELECT count(*) FROM df_my_step", {numbers("my-step", 3)}).rows, ElementsAre("3"));
  EXPECT_THAT(ask("SELECT count(*) FROM df__1st", {numbers("1st", 3)}).rows, ElementsAre("3"));
  EXPECT_THAT(ask("SELECT count(*) FROM input_df", {numbers("my-step", 3)}).rows, ElementsAre("3"));
  EXPECT_EQ(error_of("SELECT * FROM input_df", {numbers("a", 1), numbers("b", 1)}).code(), "sql.invalid");
  // Where two inputs would share a name, the later has the first digits of its own name's sha256.
  EXPECT_THAT(ask("SELECT (SELECT count(*) FROM df_a_b), (SELECT count(*) FROM df_a_b_2e7336dc)",
                  {numbers("a-b", 1), numbers("a.b", 2)})
                  .rows,
              ElementsAre("1|2"));
}

TEST(SqlStream, takes_columns_of_the_same_name) {
  const Schema schema{text_column("id", {TypeId::kInt32}), text_column("ID", {TypeId::kText})};
  const Answer answer = ask("SELECT * FROM t", {text_input("t", schema, {{"1", "one"}})});
  EXPECT_THAT(answer.rows, ElementsAre("1|one"));
  EXPECT_EQ(answer.schema[1].name, "ID_1");
  EXPECT_THAT(ask("SELECT id, id FROM t", {text_input("t", schema, {{"1", "one"}})}).rows,
              ElementsAre("1|1"));
}

TEST(SqlStream, reads_one_input_twice) {
  EXPECT_THAT(ask("SELECT x.n, y.n FROM input_df x JOIN input_df y USING (n) WHERE n < 2 ORDER BY 1",
                  {numbers("a", 5000)})
                  .rows,
              ElementsAre("0|0", "1|1"));
  EXPECT_THAT(
      ask("WITH t AS (SELECT n FROM a) SELECT count(*), max(t2.n) FROM t t1, t t2 WHERE t1.n + 1 = t2.n",
          {numbers("a", 3000)})
          .rows,
      ElementsAre("2999|2999"));
  EXPECT_THAT(ask("SELECT count(*) FROM a WHERE n > (SELECT avg(n) FROM a)", {numbers("a", 100)}).rows,
              ElementsAre("50"));
}

TEST(SqlStream, keeps_styles_when_an_input_is_spooled) {
  const Schema schema{text_column("id", {TypeId::kInt32}, "mysql int"),
                      text_column("ts", {TypeId::kTimestamp}, "mysql datetime(6)", {.fraction_digits = 6})};
  const Answer answer = ask("SELECT x.id, y.ts FROM t x JOIN t y USING (id)",
                            {text_input("t", schema, {{"1", "2024-01-01 00:00:00.000000"}})});
  EXPECT_THAT(answer.rows, ElementsAre("1|2024-01-01 00:00:00.000000"));
  EXPECT_EQ(answer.schema[1].source_type, "mysql datetime(6)");
}

TEST(SqlStream, joins_two_inputs) {
  EXPECT_THAT(
      ask("SELECT count(*), sum(a.n) FROM a JOIN df_b USING (n)", {numbers("a", 10000), numbers("b", 6000)})
          .rows,
      ElementsAre("6000|17997000"));
  EXPECT_THAT(
      ask("SELECT count(*) FROM (FROM a UNION ALL FROM b)", {numbers("a", 10000), numbers("b", 6000)}).rows,
      ElementsAre("16000"));
}

TEST(SqlStream, runs_without_inputs) {
  EXPECT_THAT(ask("SELECT 1 AS one, 'x' -- done").rows, ElementsAre("1|x"));
  EXPECT_THAT(ask("VALUES (1), (2);").rows, ElementsAre("1", "2"));
}

TEST(SqlStream, splits_a_result_whose_rows_are_large) {
  SqlStream stream(
      "SELECT CASE WHEN i % 3 = 1 THEN NULL ELSE repeat('x', 1000000) || i END v, i FROM range(10) t(i)", {},
      options_for_tests());
  std::int64_t row_count = 0;
  while (const auto batch = stream.next()) {
    EXPECT_LE(batch->byte_count(), Batch::kMaxBytes);
    for (std::size_t row = 0; row < batch->row_count(); ++row, ++row_count) {
      EXPECT_EQ(batch->column(1).as<std::int64_t>()[row], row_count);
      ASSERT_EQ(batch->column(0).is_valid(row), row_count % 3 != 1);
      if (row_count % 3 == 1) continue;
      EXPECT_EQ(batch->column(0).text(row).substr(1000000), cat(row_count));
    }
  }
  EXPECT_EQ(row_count, 10);
}

TEST(SqlStream, hands_over_batches_that_outlive_it) {
  std::vector<Batch> kept;
  {
    SqlStream stream("SELECT 'a text of more than twelve bytes ' || n AS v FROM a", {numbers("a", 5000)},
                     options_for_tests());
    while (auto batch = stream.next()) kept.push_back(std::move(*batch));
  }
  EXPECT_EQ(kept.front().column(0).text(0), "a text of more than twelve bytes 0");
  EXPECT_EQ(kept.back().column(0).text(kept.back().row_count() - 1), "a text of more than twelve bytes 4999");
}

TEST(SqlStream, copies_texts_out_of_batches_that_are_gone) {
  std::vector<std::vector<std::string>> rows;
  for (int row = 0; row < 3000; ++row) rows.push_back({cat("a text of more than twelve bytes ", row)});
  const Schema schema{column("v", {TypeId::kText})};
  const Answer answer = ask("SELECT v, lag(v, 1000) OVER () FROM t", {text_input("t", schema, rows, 10)});
  ASSERT_EQ(answer.rows.size(), 3000U);
  EXPECT_EQ(answer.rows[2999], rows[2999][0] + "|" + rows[1999][0]);
}

// --- types of a result
// --------------------------------------------------------------------------------------------

TEST(SqlStream, keeps_source_type_and_style_of_columns_that_are_only_passed_on) {
  const PrintStyle style{.fraction_digits = 6};
  const Schema schema{text_column("id", {TypeId::kInt64}, "mysql bigint"),
                      text_column("ts", {TypeId::kTimestamp}, "mysql datetime(6)", style)};
  const auto style_of = [&](const std::string& sql) {
    const Answer answer = ask(sql, {text_input("t", schema, {{"1", "2024-01-01 00:00:00"}})});
    return cat(answer.schema[0].source_type, " ", int{answer.schema[0].style.fraction_digits});
  };
  const std::string kept = "mysql datetime(6) 6";
  const std::string computed = " -1";
  EXPECT_EQ(style_of("SELECT ts FROM t"), kept);
  EXPECT_EQ(style_of("SELECT x.ts AS other FROM t x WHERE id > 0 ORDER BY id LIMIT 3"), kept);
  EXPECT_EQ(style_of("SELECT ts, count(*) FROM t GROUP BY ts"), kept);
  EXPECT_EQ(style_of("SELECT DISTINCT ts FROM (SELECT id, ts FROM t)"), kept);
  EXPECT_EQ(style_of("WITH w AS (SELECT ts, id FROM t) SELECT ts FROM w"), kept);
  EXPECT_EQ(
      style_of("WITH w AS MATERIALIZED (SELECT id, ts FROM t) SELECT b.ts FROM w a LEFT JOIN w b USING (id)"),
      kept);
  EXPECT_EQ(style_of("SELECT ts FROM t UNION ALL SELECT ts FROM t"), kept);
  EXPECT_EQ(style_of("SELECT ts FROM t WHERE EXISTS (SELECT 1 FROM t u WHERE u.id = t.id)"), kept);
  EXPECT_EQ(style_of("SELECT ts, row_number() OVER (ORDER BY id) FROM t"), kept);
  EXPECT_EQ(style_of("SELECT ts FROM t UNION ALL SELECT now()::TIMESTAMP"), computed);
  EXPECT_EQ(style_of("SELECT max(ts) FROM t"), computed);
  EXPECT_EQ(style_of("SELECT coalesce(ts, ts) FROM t"), computed);
  EXPECT_EQ(style_of("SELECT ts + INTERVAL 1 DAY FROM t"), computed);
  EXPECT_EQ(style_of("SELECT ts::DATE FROM t"), computed);
  EXPECT_EQ(style_of("SELECT id * 2 FROM t"), computed);
}

TEST(SqlStream, computes_with_every_column_as_plain_sql_does) {
  const Schema schema{text_column("tiny", {TypeId::kInt8}, "mysql tinyint", {.zero_pad_width = 3}),
                      text_column("price", {TypeId::kDecimal, 12, 2}, "mysql decimal(12,2)"),
                      text_column("day", {TypeId::kDate}, "mysql date"),
                      text_column("doc", {TypeId::kJson}, "mysql json")};
  const std::vector<std::vector<std::string>> rows{{"5", "1.50", "2024-02-29", R"({"a": {"b": 7}})"}};
  const auto value_of = [&](const std::string& expression) {
    return ask(cat("SELECT ", expression, " FROM t"), {text_input("t", schema, rows)}).rows.at(0);
  };
  EXPECT_EQ(value_of("tiny"), "005");
  EXPECT_EQ(value_of("coalesce(tiny, 1000)"), "5");
  EXPECT_EQ(value_of("CASE WHEN tiny > 100000 THEN tiny ELSE 70000 END"), "70000");
  EXPECT_EQ(value_of("sum(tiny)"), "5");
  EXPECT_EQ(value_of("price * 2"), "3.00");
  EXPECT_EQ(value_of("price || '!'"), "1.50!");
  EXPECT_EQ(value_of("strftime(day, '%d.%m.%Y')"), "29.02.2024");
  EXPECT_EQ(value_of("doc ->> '$.a.b'"), "7");
}

TEST(SqlStream, maps_results_that_no_input_has) {
  EXPECT_THAT(ask("SELECT 'b'::ENUM('a', 'b'), 340282366920938463463374607431768211455::UHUGEINT, "
                  "'2024-01-01 00:00:00.123456789'::TIMESTAMP_NS, '2024-01-01'::TIMESTAMP_S, '101'::BIT, "
                  "'12:00:00+02'::TIMETZ, NULL, '[1]'::JSON, 'x' AS x ORDER BY 1")
                  .rows,
              ElementsAre("b|340282366920938463463374607431768211455|2024-01-01 00:00:00.123456789|"
                          "2024-01-01 00:00:00|101|12:00:00+02|NULL|[1]|x"));
  const Schema schema = ask("SELECT '2024-01-01'::TIMESTAMP_MS AS ms, '[1]'::JSON, 'a'::ENUM('a')").schema;
  EXPECT_EQ(schema[0].name, "ms");
  EXPECT_EQ(schema[0].type.id, TypeId::kTimestamp);
  EXPECT_EQ(schema[1].type.id, TypeId::kJson);
  EXPECT_EQ(schema[2].type.id, TypeId::kText);
}

TEST(SqlStream, refuses_nested_types) {
  for (const char* const value : {"[1, 2]", "{'a': 1}", "MAP {'a': 1}", "[1]::INTEGER[1]"}) {
    const Error error = error_of(cat("SELECT ", value, " AS nested"));
    EXPECT_EQ(error.code(), "engine.unsupported_type") << value;
    EXPECT_THAT(error.message(), HasSubstr("'nested'"));
  }
}

// --- errors
// -------------------------------------------------------------------------------------------------------

TEST(SqlStream, accepts_one_select_only) {
  for (const char* const sql :
       {"SELECT 1; SELECT 2", "CREATE TABLE t (x INT)", "DELETE FROM a", "SET threads = 1",
        "SET memory_limit = '1TB'", "INSTALL httpfs", "LOAD json", "PRAGMA enable_profiling",
        "EXPLAIN SELECT 1", "DROP VIEW a", "CREATE VIEW v AS SELECT 1", "BEGIN"}) {
    const Error error = error_of(sql, {numbers("a", 1)});
    EXPECT_EQ(error.kind(), ErrorKind::kUser) << sql;
    EXPECT_TRUE(error.code() == "sql.not_select" || error.code() == "sql.invalid")
        << sql << ": " << error.message();
  }
  EXPECT_EQ(error_of("").code(), "sql.invalid");
}

TEST(SqlStream, reaches_no_file_and_no_network) {
  for (const char* const sql :
       {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'", "SELECT * FROM glob('/*')", "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.db'", "SELECT * FROM query('SELECT * FROM read_csv(''/etc/passwd'')')",
        "SELECT * FROM read_json('http://localhost/')", "SELECT Delimiter FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')"}) {
    const Error error = error_of(sql);
    EXPECT_EQ(error.kind(), ErrorKind::kUser) << sql;
    EXPECT_TRUE(error.code() == "sql.not_allowed" || error.code() == "sql.not_select" ||
                error.code() == "sql.invalid")
        << sql << ": " << error.code() << " " << error.message();
  }
  EXPECT_EQ(error_of("SELECT * FROM read_csv('/etc/passwd')").code(), "sql.not_allowed");
}

TEST(SqlStream, reaches_files_where_the_project_allows_it) {
  SqlOptions options = options_for_tests();
  options.allow_external_access = true;
  EXPECT_THAT(ask("SELECT count(*) > 0 FROM read_text('/etc/passwd')", {}, options).rows,
              ElementsAre("true"));
}

TEST(SqlStream, tells_the_user_what_is_wrong_with_the_query) {
  const Error parser = error_of("SELEC 1");
  EXPECT_EQ(parser.code(), "sql.invalid");
  const Error binder = error_of("SELECT nothing FROM a", {numbers("a", 1)});
  EXPECT_EQ(binder.code(), "sql.invalid");
  EXPECT_THAT(binder.message(), HasSubstr("nothing"));
  EXPECT_EQ(error_of("SELECT * FROM missing").code(), "sql.invalid");
  EXPECT_EQ(error_of("SELECT ?::INTEGER").code(), "sql.invalid");
}

TEST(SqlStream, reports_values_that_do_not_fit) {
  const SqlInput words = text_input("t", {column("v", {TypeId::kText})}, {{"12"}, {"no number"}});
  const Error conversion = error_of("SELECT v::INTEGER FROM t", {words});
  EXPECT_EQ(conversion.kind(), ErrorKind::kData);
  EXPECT_EQ(conversion.code(), "sql.value");
  EXPECT_EQ(error_of("SELECT (n + 9223372036854775807)::BIGINT FROM a", {numbers("a", 3)}).code(),
            "sql.value");

  const Error text =
      error_of("SELECT * FROM t", {text_input("t", {column("v", {TypeId::kText})}, {{"ab\xff"}})});
  EXPECT_EQ(text.code(), "sql.invalid_utf8");
  EXPECT_THAT(text.message(), HasSubstr("column 'v'"));

  const Error malformed =
      error_of("SELECT * FROM t", {text_input("t", {text_column("v", {TypeId::kInt32})}, {{"x"}})});
  EXPECT_EQ(malformed.code(), "value.malformed");
  EXPECT_EQ(malformed.kind(), ErrorKind::kData);
}

TEST(SqlStream, converts_only_columns_that_the_query_reads) {
  const Schema schema{text_column("good", {TypeId::kInt32}), text_column("bad", {TypeId::kInt32})};
  EXPECT_THAT(ask("SELECT good FROM t", {text_input("t", schema, {{"1", "x"}})}).rows, ElementsAre("1"));
  EXPECT_THAT(ask("SELECT count(*) FROM t", {text_input("t", schema, {{"1", "x"}})}).rows, ElementsAre("1"));
}

TEST(SqlStream, hands_on_what_an_input_throws) {
  int calls = 0;
  const auto failing = [&]() -> std::optional<Batch> {
    ++calls;
    throw Error(ErrorKind::kConnection, "mysql.gone", "the server went away", "look at the server")
        .retryable();
  };
  const Schema schema{column("n", {TypeId::kInt64})};
  for (const char* const sql :
       {"SELECT * FROM a", "SELECT max(n) FROM a", "SELECT * FROM a x JOIN a y USING (n)"}) {
    calls = 0;
    const Error error = error_of(sql, {{"a", schema, failing}});
    EXPECT_EQ(error.code(), "mysql.gone") << sql;
    EXPECT_EQ(error.message(), "the server went away");
    EXPECT_TRUE(error.is_retryable());
    EXPECT_EQ(calls, 1);
  }
}

TEST(SqlStream, spills_instead_of_taking_more_memory) {
  SqlOptions options = options_for_tests();
  options.memory_limit_bytes = 64U << 20;
  const std::string sql = "SELECT n, repeat('x', 50) || n AS v FROM a ORDER BY hash(n)";
  EXPECT_EQ(ask(sql, {numbers("a", 900000)}, options).rows.size(), 900000U);
  options.temporary_folder.clear();
  const Error error = error_of(sql, {numbers("a", 900000)}, options);
  EXPECT_EQ(error.code(), "sql.out_of_memory");
  EXPECT_THAT(error.hint(), HasSubstr("memory_limit"));
}

// --- stopping
// -----------------------------------------------------------------------------------------------------

/// Endless rows, counted.
SqlInput endless(std::atomic<int>& batches) {
  auto source = std::make_shared<SqlInput>(numbers("a", std::numeric_limits<std::int64_t>::max()));
  return {"a", source->schema, [source, &batches] {
            ++batches;
            return source->next();
          }};
}

TEST(SqlStream, stops_pulling_when_the_query_has_enough) {
  std::atomic<int> batches = 0;
  EXPECT_THAT(ask("SELECT n FROM a LIMIT 2", {endless(batches)}).rows, ElementsAre("0", "1"));
  EXPECT_LT(batches, 1000);
}

TEST(SqlStream, stops_when_it_goes) {
  std::atomic<int> batches = 0;
  {
    SqlStream stream("SELECT n FROM a", {endless(batches)}, options_for_tests());
    EXPECT_TRUE(stream.next());
  }
  const int pulled = batches;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(batches, pulled);
}

TEST(SqlStream, stops_when_it_is_cancelled_in_the_middle) {
  for (const char* const sql : {"SELECT sum(n) FROM a", "SELECT n FROM a WHERE n < 0",
                                "SELECT sum(i * 2) FROM range(1000000000000) t(i)"}) {
    std::atomic<int> batches = 0;
    Cancellation cancellation;
    SqlOptions options = options_for_tests();
    options.cancellation = &cancellation;
    std::jthread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      cancellation.cancel();
    });
    EXPECT_EQ(error_of(sql, {endless(batches)}, options).code(), "run.cancelled") << sql;
  }
}

TEST(SqlStream, does_not_start_after_a_cancellation) {
  Cancellation cancellation;
  cancellation.cancel();
  SqlOptions options = options_for_tests();
  options.cancellation = &cancellation;
  EXPECT_EQ(error_of("SELECT sum(i) FROM range(1000000000000) t(i)", {}, options).code(), "run.cancelled");
}

TEST(SqlStream, is_one_of_several_at_a_time) {
  std::vector<std::jthread> threads;
  std::array<std::string, 4> sums;
  for (std::size_t index = 0; index < sums.size(); ++index) {
    threads.emplace_back(
        [&sums, index] { sums[index] = ask("SELECT sum(n) FROM a", {numbers("a", 50000)}).rows.at(0); });
  }
  threads.clear();
  EXPECT_THAT(sums, testing::Each("1249975000"));
}

TEST(EngineDeathTest, says_what_to_do_when_the_engine_is_missing) {
  // In a process of its own, for the library is opened once.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exit_with_code_and_hint = [] {
    setenv("OSIRIS_DUCKDB", "/nowhere/libduckdb.so", 1);
    const Error error = error_of("SELECT 1");
    std::fprintf(stderr, "%s: %s", error.code().c_str(), error.hint().c_str());
    std::_Exit(2);
  };
  EXPECT_EXIT(exit_with_code_and_hint(), testing::ExitedWithCode(2), "engine.missing: run `make build`");
}

TEST(SqlStream, is_the_engine_of_the_right_release) { EXPECT_EQ(engine_version().substr(0, 5), "v1.5."); }

}  // namespace
}  // namespace osiris
