#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "component/component.h"
#include "component/spec.h"
#include "supabase/load_function.h"
#include "supabase/rest_client.h"
#include "supabase/row_filter.h"
#include "supabase/row_order.h"

namespace osiris::supabase {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Condition condition(const std::string& text) { return parse_filter(Json{{"a b", text}}).front(); }

TEST(RowFilter, Says_the_same_in_both_languages) {
  struct Case {
    std::string text, rest, sql;
  };
  for (const Case& each : std::vector<Case>{
           {"eq.5", "%22a%20b%22=eq.5", "\"a b\" = '5'"},
           {"not.lt.it's", "%22a%20b%22=not.lt.it%27s", "NOT (\"a b\" < 'it''s')"},
           {"like.*x*", "%22a%20b%22=like.%2Ax%2A", "\"a b\" LIKE '%x%'"},
           {"is.null", "%22a%20b%22=is.null", "\"a b\" IS null"},
           {"in.(1,\"a,b\",\"c\\\"d\")", "%22a%20b%22=in.%281%2C%22a%2Cb%22%2C%22c%5C%22d%22%29",
            "\"a b\" IN ('1', 'a,b', 'c\"d')"},
           {"eq.a.b", "%22a%20b%22=eq.a.b", "\"a b\" = 'a.b'"}}) {
    EXPECT_EQ(rest_condition(condition(each.text)), each.rest);
    EXPECT_EQ(sql_condition(condition(each.text)), each.sql);
  }
}

TEST(RowFilter, Takes_no_SQL) {
  EXPECT_EQ(sql_condition(condition("eq.x' OR '1'='1")), "\"a b\" = 'x'' OR ''1''=''1'");
  for (const char* text : {"5", "between.1", "is.5", "is.null or true", "in.1,2", "not.5", ""}) {
    EXPECT_THAT(osiris::error_of([&] { condition(text); }), StartsWith("supabase.filter")) << text;
  }
}

TEST(RowOrder, Says_the_same_in_both_languages) {
  struct Case {
    std::string word, rest, sql;
  };
  for (const Case& each :
       std::vector<Case>{{"a", "a.asc.nullslast", "\"a\" ASC NULLS LAST"},
                         {"a.asc", "a.asc.nullslast", "\"a\" ASC NULLS LAST"},
                         {"a.desc", "a.desc.nullsfirst", "\"a\" DESC NULLS FIRST"},
                         {"a.desc.nullslast", "a.desc.nullslast", "\"a\" DESC NULLS LAST"},
                         {"a.nullsfirst", "a.asc.nullsfirst", "\"a\" ASC NULLS FIRST"},
                         {"a.b c.desc", "%22a.b%20c%22.desc.nullsfirst", "\"a.b c\" DESC NULLS FIRST"}}) {
    EXPECT_EQ(rest_order({parse_order_term(each.word)}), each.rest);
    EXPECT_EQ(sql_order({parse_order_term(each.word)}), each.sql);
  }
}

TEST(RowOrder, Finds_what_comes_after_a_row) {
  const auto behind = [](const std::string& word, std::optional<std::string> value, bool is_nullable = true) {
    OrderTerm first = parse_order_term(word);
    first.is_nullable = is_nullable;
    return rest_behind({first, {"id", false, false, false}}, {std::move(value), "7"});
  };
  const std::string same = R"(and(a.eq.%22x%22,id.gt.%227%22))";
  EXPECT_EQ(behind("a", "x", false), "or=(a.gt.%22x%22," + same + ")");
  EXPECT_EQ(behind("a.desc", "x"), "or=(a.lt.%22x%22," + same + ")") << "the nulls were before";
  EXPECT_EQ(behind("a", "x"), "or=(a.gt.%22x%22,a.is.null," + same + ")") << "the nulls come";
  EXPECT_EQ(behind("a", std::nullopt), "or=(and(a.is.null,id.gt.%227%22))");
  EXPECT_EQ(behind("a.desc", std::nullopt), "or=(a.not.is.null,and(a.is.null,id.gt.%227%22))");
  EXPECT_EQ(rest_behind({{"id", true, true, false}}, {"7"}), "id=lt.7");
}

TEST(Keys, Tell_whether_they_are_public) {
  // {"role":"anon"} and {"role":"service_role"}; the other parts do not matter.
  EXPECT_TRUE(is_public_key(Secret("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl")));
  EXPECT_FALSE(is_public_key(Secret("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl")));
  EXPECT_TRUE(is_public_key(Secret("sb_publishable_x")));
  EXPECT_FALSE(is_public_key(Secret("sb_secret_x")));
  EXPECT_FALSE(is_public_key(Secret("something else")));
}

ConnectionConfig project() {
  const auto& types = all_connection_types();
  const auto type = std::ranges::find(types, "supabase", &ConnectionType::family);
  static const ConnectionSpec kSpec = parse_connection_spec("supabase", type->spec);
  return ConnectionConfig("supabase", "main", kSpec,
                          {{"url", Secret("https://x.supabase.co")}, {"key", Secret("sb_secret_hidden")}});
}

TEST(Answers, Mean_what_the_server_says) {
  struct Case {
    int status;
    std::string body, code;
    bool is_retryable;
  };
  for (const Case& each :
       std::vector<Case>{{404, R"({"code":"PGRST205","message":"m"})", "query.unknown_table", false},
                         {400, R"({"code":"PGRST204","message":"m"})", "query.unknown_column", false},
                         {401, R"({"code":"PGRST303","message":"JWT expired"})", "connection.denied", false},
                         {503, R"({"code":"PGRST002","message":"m"})", "connection.refused", true},
                         {504, R"({"code":"PGRST003","message":"m"})", "connection.too_many", true},
                         {500, R"({"code":"57014","message":"m"})", "query.timeout", false},
                         {409, R"({"code":"23505","message":"m"})", "value.duplicate_key", false},
                         {400, R"({"code":"42P10","message":"m"})", "load.no_unique_key", false},
                         {401, R"({"message":"Invalid API key","hint":"h"})", "connection.denied", false},
                         {429, "", "connection.too_many", true},
                         {413, "", "http.too_large", false},
                         {520, "<html>", "connection.lost", true},
                         {540, R"({"message":"paused"})", "connection.refused", false},
                         {404, "<html>", "connection.refused", false}}) {
    const Error error = error_of(HttpResponse{each.status, {}, each.body}, project());
    EXPECT_EQ(error.code(), each.code) << each.body;
    EXPECT_EQ(error.is_retryable(), each.is_retryable) << each.status << each.body;
  }
}

TEST(Answers, Give_details_and_hint_and_no_key) {
  const Error error = error_of(
      HttpResponse{400, {}, R"({"code":"22P02","message":"bad sb_secret_hidden","details":"d","hint":"h"})"},
      project());
  EXPECT_THAT(error.message(), HasSubstr("(d; h)"));
  EXPECT_THAT(error.message(), testing::Not(HasSubstr("hidden")));
}

TEST(LoadFunction, Is_for_one_schema) {
  const std::string text = load_function_for("o'dd \"one\"");
  EXPECT_THAT(text, HasSubstr(R"("o'dd ""one""".osiris_load(load jsonb))"));
  EXPECT_THAT(text, HasSubstr(R"('o''dd "one"')"));
  EXPECT_THAT(text, testing::Not(HasSubstr(":schema")));
}

}  // namespace
}  // namespace osiris::supabase
