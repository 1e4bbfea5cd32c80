#include "cli/messages.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "format/yaml.h"

namespace osiris::cli {
namespace {

Finding finding(int line, int column, const std::string& code = "oml.wrong_type") {
  return {Finding::Severity::kError, code, "it is wrong", "mend it", {"p.oml", line, column}, "a"};
}

TEST(Messages, Show_an_error_with_its_place_and_its_hint) {
  Error error = Error(ErrorKind::kUser, "x.y", "it is wrong", "mend it").at({"p.oml", 3, 5});
  error.set_step("a");
  EXPECT_EQ(error_text(error),
            "error: it is wrong\n"
            "  at p.oml:3:5, step 'a'\n"
            "  hint: mend it\n");
  EXPECT_EQ(error_text(Error(ErrorKind::kData, "x.y", "it is wrong")), "error: it is wrong\n");
}

TEST(Messages, Show_a_warning_with_its_step_and_its_hint) {
  EXPECT_EQ(warning_text({"a", "x.y", "rows left out: 2", "correct the file"}),
            "warning: rows left out: 2\n"
            "  at step 'a'\n"
            "  hint: correct the file\n");
  EXPECT_EQ(warning_text({"", "x.y", "it is late", ""}), "warning: it is late\n");
}

TEST(Messages, Give_an_error_as_an_object_with_every_field) {
  const Error error = Error(ErrorKind::kConnection, "x.y", "gone", "wait").at({"p.oml", 3, 5}).retryable();
  EXPECT_EQ(error_json(error).dump(),
            R"({"code":"x.y","kind":"connection","message":"gone","hint":"wait","location":"p.oml:3:5",)"
            R"("retryable":true})");
}

TEST(Messages, Give_each_kind_its_exit_code) {
  const auto code = [](ErrorKind kind) { return exit_code_of(Error(kind, "x.y", "z")); };
  EXPECT_EQ(code(ErrorKind::kUser), 2);
  EXPECT_EQ(code(ErrorKind::kConnection), 1);
  EXPECT_EQ(code(ErrorKind::kData), 1);
  EXPECT_EQ(code(ErrorKind::kInternal), 70);
}

TEST(Messages, Point_with_a_caret_at_the_place) {
  EXPECT_EQ(findings_text({finding(2, 4)}, "a: 1\nb: 2\n"),
            "error: it is wrong\n"
            "  at p.oml:2:4, step 'a'\n"
            "    b: 2\n"
            "       ^\n"
            "  hint: mend it\n");
  Finding warning = finding(1, 4);
  warning.severity = Finding::Severity::kWarning;
  warning.hint.clear();
  EXPECT_EQ(findings_text({warning}, "\ta: 1\n"),
            "warning: it is wrong\n"
            "  at p.oml:1:4, step 'a'\n"
            "     a: 1\n"
            "       ^\n");
}

TEST(Messages, Point_at_the_right_character_behind_others_than_ascii) {
  const std::string text = "{žluť: 1, b: [2]}\n";
  const yaml::Node root = yaml::parse(text, "p.oml");
  const yaml::Node& value = *root.find("b");
  EXPECT_EQ(findings_text({finding(value.line, value.column)}, text),
            "error: it is wrong\n"
            "  at p.oml:1:16, step 'a'\n"
            "    {žluť: 1, b: [2]}\n"
            "                 ^\n"
            "  hint: mend it\n");
}

TEST(Messages, Leave_the_line_out_where_there_is_none_or_it_is_too_long) {
  const std::string without =
      "error: it is wrong\n"
      "  at p.oml:2:4, step 'a'\n"
      "  hint: mend it\n";
  EXPECT_EQ(findings_text({finding(2, 4)}, ""), without);
  EXPECT_EQ(findings_text({finding(2, 4)}, "a\n" + std::string(500, 'x') + "\n"), without);
}

TEST(Messages, Show_no_line_in_which_a_secret_may_stand) {
  const std::string text = "config: {password: hunter22, rows: x}\npasswort: hunter22\n";
  EXPECT_EQ(findings_text(
                {finding(1, 10, "oml.inline_secret"), finding(1, 36), finding(2, 1, "oml.unknown_key")}, text)
                .find("hunter22"),
            std::string::npos);
}

TEST(Messages, Give_findings_in_lists_and_the_first_error_by_itself) {
  Finding warning = finding(1, 1);
  warning.severity = Finding::Severity::kWarning;
  const Json json = findings_json({warning, finding(2, 4), finding(3, 1)});
  EXPECT_EQ(json["warnings"].size(), 1U);
  EXPECT_EQ(json["errors"].size(), 2U);
  EXPECT_EQ(json["error"]["location"], "p.oml:2:4");
  EXPECT_EQ(json["error"]["kind"], "user");
  EXPECT_FALSE(findings_json({warning}).contains("error"));
}

TEST(Messages, Align_a_table_by_characters) {
  EXPECT_EQ(table_text({"name", "rows"}, {{"žluť", "5"}, {"a", "1,000"}}, {1}),
            "name   rows\n"
            "žluť      5\n"
            "a     1,000\n");
}

TEST(Table, Is_cut_to_a_hundred_characters_at_one_column) {
  const std::vector<std::string> header{"NAME", "OTHER"};
  std::vector<std::vector<std::string>> rows{{std::string(200, 'x'), std::string(40, 'y')}, {"short", "z"}};
  cut_to_fit(header, rows, 0);
  EXPECT_EQ(rows[0][0], std::string(57, 'x') + "…");
  EXPECT_EQ(rows[1][0], "short");
  const std::string text = table_text(header, rows);
  EXPECT_EQ(
      count_characters(text.substr(0, text.find('\n', text.find('\n') + 1)).substr(text.find('\n') + 1)),
      100U);
  std::vector<std::vector<std::string>> hopeless{{std::string(200, 'x'), std::string(140, 'y')}};
  cut_to_fit(header, hopeless, 0);
  EXPECT_EQ(hopeless[0][0], "xxxxxxx…") << "something of a cell stays";
}

}  // namespace
}  // namespace osiris::cli
