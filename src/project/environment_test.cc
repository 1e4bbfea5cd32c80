#include "project/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::ElementsAre;

Environment of_process(std::vector<std::string> entries) {
  std::vector<char*> pointers;
  for (std::string& entry : entries) pointers.push_back(entry.data());
  pointers.push_back(nullptr);
  return Environment::of_process(pointers.data());
}

/// The value that a .env file gives to a variable.
std::string value_in(const std::string& text, const std::string& name, Environment environment = {}) {
  environment.add_file(".env", text);
  return environment.plain(name).value_or("(unset)");
}

TEST(Environment, Holds_the_variables_of_the_process) {
  const Environment environment = of_process({"A=1", "B=x=y", "EMPTY=", "nonsense"});
  EXPECT_EQ(environment.plain("A"), "1");
  EXPECT_EQ(environment.plain("B"), "x=y");
  EXPECT_EQ(environment.plain("EMPTY"), std::nullopt) << "an empty variable counts as unset";
  EXPECT_EQ(environment.plain("nonsense"), std::nullopt);
  EXPECT_EQ(environment.find("A")->origin, "environment");
  EXPECT_EQ(Environment::of_process(nullptr).find("A"), nullptr);
}

TEST(Environment, Lists_names_by_their_prefix) {
  const Environment environment = of_process({"P_B=1", "P_A=2", "Q=3", "P=4"});
  EXPECT_THAT(environment.names_with_prefix("P_"), ElementsAre("P_A", "P_B"));
}

TEST(EnvFile, Takes_an_exported_variable_before_its_own) {
  Environment environment = of_process({"A=exported", "EMPTY="});
  environment.add_file(".env", "A=file\nB=file\n");
  EXPECT_EQ(environment.plain("A"), "exported");
  EXPECT_EQ(environment.plain("B"), "file");
  EXPECT_EQ(environment.find("B")->origin, ".env:2");
}

TEST(EnvFile, Reads_plain_values_with_comments_and_blanks_around) {
  const std::string text =
      "\xEF\xBB\xBF# a comment\n"
      "\n"
      "A=1\r\n"
      "  export B = two words  # a comment\n"
      "export\tC=c#no comment\n"
      "D=\n"
      "E: yaml-like\n"
      "F=x=y\n"
      "export=itself\n"
      "G=last";
  EXPECT_EQ(value_in(text, "A"), "1");
  EXPECT_EQ(value_in(text, "B"), "two words");
  EXPECT_EQ(value_in(text, "C"), "c#no comment");
  EXPECT_EQ(value_in(text, "D"), "(unset)");
  EXPECT_EQ(value_in(text, "E"), "yaml-like");
  EXPECT_EQ(value_in(text, "F"), "x=y");
  EXPECT_EQ(value_in(text, "export"), "itself");
  EXPECT_EQ(value_in(text, "G"), "last");
  EXPECT_EQ(value_in("A=# nothing but a comment\n", "A"), "(unset)");
}

TEST(EnvFile, Takes_what_single_quotes_hold_as_it_is) {
  EXPECT_EQ(value_in("A='a $B ${C} \\n # \"x\"' # comment\n", "A"), R"(a $B ${C} \n # "x")");
  EXPECT_EQ(value_in("A='one\ntwo'\nB=3\n", "A"), "one\ntwo");
  EXPECT_EQ(value_in("A='one\ntwo'\nB=3\n", "B"), "3");
}

TEST(EnvFile, Unescapes_and_fills_in_what_double_quotes_hold) {
  EXPECT_EQ(value_in(R"(A="x\ty\n\"q\" \\ \$B \z")", "A"), "x\ty\n\"q\" \\ $B \\z");
  EXPECT_EQ(value_in("B=b\nA=\"<${B}> <$B> # no comment\"\n", "A"), "<b> <b> # no comment");
  EXPECT_EQ(value_in("A=\"one\n  two\nthree\"\nB=4\n", "A"), "one\n  two\nthree");
}

TEST(EnvFile, Fills_in_variables_that_are_known_before) {
  EXPECT_EQ(value_in("A=1\nB=${A}2$A-${NONE:-default}${NONE}\n", "B"), "121-default");
  EXPECT_EQ(value_in("B=${HOST}\n", "B", of_process({"HOST=db"})), "db");
  EXPECT_EQ(value_in("B=$$5 $ ${open\n", "B"), "$5 $ ${open");
  EXPECT_EQ(value_in("EMPTY=\nB=${EMPTY:-default}\n", "B"), "default");
}

TEST(EnvFile, Counts_lines_through_values_of_several_lines) {
  Environment environment;
  environment.add_file(".env", "A='1\n2\n3'\nB=4\n");
  EXPECT_EQ(environment.find("B")->origin, ".env:4");
}

TEST(EnvFile, Says_in_which_line_it_is_broken) {
  const auto problem = [](const std::string& text) {
    return error_of([&] { Environment().add_file(".env", text); });
  };
  EXPECT_EQ(problem("A=1\nno assignment here\n"), ".env:2: env.syntax: this line is not NAME=value");
  EXPECT_EQ(problem("=1\n"), ".env:1: env.syntax: this line is not NAME=value");
  EXPECT_EQ(problem("A=1\nB=\"open\nC=3\n"), ".env:2: env.syntax: a quote is not closed");
  EXPECT_EQ(problem("A='open\n\n"), ".env:1: env.syntax: a quote is not closed");
  EXPECT_THAT(problem("PASSWORD hunter22\n"), testing::Not(testing::HasSubstr("hunter22")));
}

std::string substituted(const std::string& text,
                        const Environment& environment = of_process({"A=1", "EMPTY="})) {
  return substitute(text, environment).value.reveal();
}

TEST(Substitute, Replaces_variables_and_their_defaults) {
  EXPECT_EQ(substituted("plain $A $ text"), "plain $A $ text");
  EXPECT_EQ(substituted("<${A}${A}>"), "<11>");
  EXPECT_EQ(substituted("${NONE:-a default:-x}"), "a default:-x");
  EXPECT_EQ(substituted("${EMPTY:-default}"), "default") << "an empty variable counts as unset";
  EXPECT_EQ(substituted("${NONE:-}"), "");
  EXPECT_EQ(substituted("$${A} $$ $"), "${A} $$ $");
}

TEST(Substitute, Says_where_a_value_came_from) {
  Environment environment = of_process({"A=1"});
  environment.add_file(".env", "B=2\n");
  EXPECT_EQ(substitute("text", environment).origin, "literal");
  EXPECT_EQ(substitute("${A}:${B}:${C:-3}", environment).origin, "A (environment), B (.env:1), C (default)");
}

TEST(Substitute, Reads_a_secret_file_without_its_last_line_break) {
  const TestFolder folder;
  const fs::path file = folder.write("secret", "hunter22\n");
  const Substitution found = substitute("${file:" + file.string() + "}", {});
  EXPECT_EQ(found.value.reveal(), "hunter22");
  EXPECT_EQ(found.origin, "file " + file.string());
  EXPECT_THAT(error_of([] { substitute("${file:/no/such/file}", {}); }),
              testing::StartsWith("file.not_found: "));
}

TEST(Substitute, Refuses_what_it_cannot_replace) {
  EXPECT_EQ(error_of([] { substituted("${EMPTY}"); }),
            "connection.missing_variable: the variable is not set: 'EMPTY'");
  EXPECT_EQ(hint_of([] { substituted("${NONE}"); }), "export NONE or write it into .env");
  EXPECT_EQ(error_of([] { substituted("${A"); }), "connection.syntax: a ${ has no closing brace");
}

TEST(Substitute, Names_the_variables_of_a_text_in_their_order) {
  EXPECT_THAT(variables_in("${B}-${A:-x}-$${C}-${file:/x}-${B}"), ElementsAre("B", "A", "B"));
}

}  // namespace
}  // namespace osiris
