#include "component/read_only_sql.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

/// Backslashes, # and executable comments, "…" as a string.
constexpr SqlDialect kEscaping{true, true, true, true, false, false};
/// The standard's rules, dollar quotes and nested comments.
constexpr SqlDialect kStandard{false, false, false, false, true, true};

std::string message(std::string_view sql, const SqlDialect& dialect = kEscaping) {
  const auto finding = find_not_read_only(sql, dialect);
  return finding ? finding->message : "";
}

TEST(ReadOnlySql, passes_statements_that_read) {
  for (const std::string_view sql : {
           "SELECT 1",
           "select 1;",
           " \n(SELECT 1) UNION (SELECT 2) ; -- done",
           "/* why */ WITH a AS (SELECT 1), b (x) AS (SELECT 2) SELECT * FROM a, b",
           "WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT 2) (SELECT * FROM n)",
           "VALUES (1, 2)",
           "TABLE orders",
           "SHOW TABLES",
           "DESCRIBE orders",
           "SELECT REPLACE(a, 'x', 'y'), (INSERT('abc', 1, 1, 'x')), `update` FROM t",
           "SELECT t.into, @into, (merge) FROM t FORCE INDEX FOR JOIN (i)",
           "SELECT SUBSTRING(a FROM 1 FOR 2) FROM t",
           "SELECT created_at AS updated_into, deleted FROM t /*+ hint */",
       }) {
    EXPECT_EQ(message(sql), "") << sql;
  }
}

TEST(ReadOnlySql, passes_anything_inside_strings_names_and_comments) {
  for (const std::string_view sql : {
           R"(SELECT '%; DELETE FROM t' , "a;b", 'it''s', 'it\'s; x', "say \"into\"" FROM `odd``;name`)",
           "SELECT 1 # ; DELETE FROM t\n + 1",
           "SELECT 1 -- ; DELETE FROM t",
           "SELECT 5--1",
           "SELECT '\\\\' , '/* '",
           "SELECT 'čaj 🐎 -- '",
       }) {
    EXPECT_EQ(message(sql), "") << sql;
  }
}

TEST(ReadOnlySql, reads_strings_by_the_dialect) {
  EXPECT_EQ(message(R"(SELECT '\'; SELECT 2)", kStandard), "a second statement follows the semicolon");
  EXPECT_EQ(message(R"(SELECT '\'; SELECT 2')", kEscaping), "");
  EXPECT_EQ(message(R"(SELECT E'\'; DELETE FROM t')", kStandard), "");
  EXPECT_EQ(message("SELECT $a$ ; DELETE $b$ $a$", kStandard), "");
  EXPECT_EQ(message("SELECT $a$ ; DELETE FROM t", kStandard), "a dollar quote is not closed");
  EXPECT_EQ(message("SELECT $1", kStandard), "");
  EXPECT_EQ(message("SELECT 1 /* /* */ ; */", kStandard), "");
  EXPECT_EQ(message("SELECT 1 /* /* */ ; */", kEscaping), "a second statement follows the semicolon");
  EXPECT_EQ(message("SELECT 1--1; x", kStandard), "");
  EXPECT_EQ(message("SELECT 1--1; x", kEscaping), "a second statement follows the semicolon");
  EXPECT_EQ(message("SELECT \"\\\"", kStandard), "");
  EXPECT_EQ(message("SELECT 1 /*! + 1 */", kStandard), "");
}

TEST(ReadOnlySql, refuses_what_starts_otherwise) {
  EXPECT_EQ(message("Delete FROM t"), "the statement starts with 'Delete'");
  EXPECT_EQ(message("  CALL p()"), "the statement starts with 'CALL'");
  EXPECT_EQ(message("((UPDATE t SET a = 1))"), "the statement starts with 'UPDATE'");
  EXPECT_EQ(message("'SELECT 1'"), "the statement starts with no word");
  EXPECT_EQ(message("`select` 1"), "the statement starts with no word");
}

TEST(ReadOnlySql, refuses_a_text_without_a_statement) {
  for (const std::string_view sql : {"", "  \n", "-- nothing", "/* nothing */", ";", "("}) {
    EXPECT_EQ(message(sql), "the text holds no statement") << sql;
  }
}

TEST(ReadOnlySql, refuses_a_second_statement) {
  EXPECT_EQ(message("SELECT 1; DROP TABLE t"), "a second statement follows the semicolon");
  EXPECT_EQ(message("SELECT 1;;"), "a second statement follows the semicolon");
  EXPECT_EQ(message("SELECT 1; -- end\n"), "");
  EXPECT_EQ(find_not_read_only("SELECT 1; DROP TABLE t", kEscaping)->offset, 10U);
}

TEST(ReadOnlySql, refuses_statements_that_change_data_behind_with) {
  for (const std::string_view verb : {"INSERT INTO t SELECT 1", "UPDATE t SET a = 1", "DELETE FROM t",
                                      "REPLACE t SELECT 1", "MERGE `t` x"}) {
    EXPECT_NE(message("WITH a AS (SELECT 1) " + std::string(verb)), "") << verb;
    EXPECT_NE(message("WITH a (x) AS (" + std::string(verb) + ") SELECT * FROM a"), "") << verb;
    EXPECT_NE(message("SELECT * FROM (" + std::string(verb) + ") a"), "") << verb;
    EXPECT_NE(message("DESCRIBE " + std::string(verb)), "") << verb;
  }
  EXPECT_EQ(message("WITH a AS (SELECT 1) DELETE FROM t"), "'DELETE' changes data");
}

TEST(ReadOnlySql, refuses_into) {
  for (const std::string_view sql :
       {"SELECT 1 INTO OUTFILE '/tmp/x'", "SELECT 1 INTO DUMPFILE 'x'", "SELECT 1 INTO @a",
        "SELECT * INTO copy FROM t", "SELECT 1.5INTO @a", "SELECT 1e5INTO @a", "TABLE t INTO OUTFILE 'x'",
        "SELECT (SELECT 1 INTO @a)"}) {
    EXPECT_EQ(message(sql).substr(7), "writes the result somewhere else") << sql;
  }
}

TEST(ReadOnlySql, refuses_locking_clauses) {
  for (const std::string_view sql :
       {"SELECT * FROM t FOR UPDATE", "SELECT * FROM t FOR SHARE SKIP LOCKED",
        "SELECT * FROM t lock IN share MODE", "SELECT * FROM (SELECT * FROM t FOR /* x */ UPDATE) a",
        "SELECT * FROM t FOR NO KEY UPDATE"}) {
    EXPECT_EQ(message(sql).substr(0, 18), "the locking clause") << sql;
  }
}

TEST(ReadOnlySql, refuses_executable_comments_where_the_dialect_has_them) {
  EXPECT_EQ(message("SELECT 1 /*!50000 INTO @a */"), "an executable comment holds code");
  EXPECT_EQ(message("SELECT 1 /*M! INTO @a */"), "an executable comment holds code");
  EXPECT_EQ(message("SELECT '/*! not a comment */'"), "");
}

TEST(ReadOnlySql, refuses_what_is_not_closed) {
  EXPECT_EQ(message("SELECT 'abc"), "a quote is not closed: '''");
  EXPECT_EQ(message("SELECT 'abc\\'"), "a quote is not closed: '''");
  EXPECT_EQ(message("SELECT `abc"), "a quote is not closed: '`'");
  EXPECT_EQ(message("SELECT \"abc\\"), "a quote is not closed: '\"'");
  EXPECT_EQ(message("SELECT 1 /* abc"), "a comment is not closed");
  EXPECT_EQ(find_not_read_only("SELECT 'abc", kEscaping)->offset, 7U);
}

TEST(ReadOnlySql, bares_a_statement_of_comments_before_it_and_its_semicolon) {
  const SqlDialect plain;
  EXPECT_EQ(bare_statement("/* all */ SELECT ';' ; -- of it;", plain), "SELECT ';' ");
  EXPECT_EQ(bare_statement("SELECT 1 -- one", plain), "SELECT 1 -- one");
  EXPECT_EQ(bare_statement("(SELECT 1)", plain), "(SELECT 1)");
}

}  // namespace
}  // namespace osiris
