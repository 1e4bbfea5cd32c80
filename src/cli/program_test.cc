#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "base/text.h"
#include "cli/command.h"

namespace osiris::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

/// Runs a command line in this process, its output caught.
Outcome run(const std::string& line) {
  std::vector<std::string> words = split("osiris " + line, ' ');
  std::erase(words, "");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  std::ostringstream out;
  std::ostringstream err;
  std::streambuf* const before_out = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const before_err = std::cerr.rdbuf(err.rdbuf());
  bool must_leave_at_once = false;
  char* no_variables[] = {nullptr};
  Outcome outcome;
  outcome.exit_code = run_program(arguments, no_variables, must_leave_at_once);
  std::cout.rdbuf(before_out);
  std::cerr.rdbuf(before_err);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

TEST(Program, Tells_its_version) {
  EXPECT_THAT(run("--version").out, StartsWith("osiris "));
  EXPECT_EQ(run("--version").exit_code, 0);
  EXPECT_EQ(Json::parse(run("--version --json").out).size(), 1U);
}

TEST(Program, Has_a_page_for_itself_each_group_and_each_command) {
  EXPECT_EQ(run("").out, run("--help").out);
  EXPECT_EQ(run("").exit_code, 0);
  EXPECT_THAT(run("logs --help").out, HasSubstr("logs gc"));
  for (const Command& command : all_commands()) {
    for (const char* flag : {" --help", " -h"}) {
      const Outcome page = run(command.name + flag);
      EXPECT_EQ(page.exit_code, 0) << command.name;
      EXPECT_THAT(page.out, HasSubstr(command.summary)) << command.name;
      for (const Option& option : command.options)
        EXPECT_THAT(page.out, HasSubstr(option.name)) << command.name;
      for (const auto& example : command.examples)
        EXPECT_THAT(page.out, HasSubstr(example.first)) << command.name;
      EXPECT_EQ(page.err, "");
    }
    EXPECT_FALSE(command.summary.empty()) << command.name;
  }
}

TEST(Program, Refuses_what_it_does_not_know_with_exit_2_and_a_hint) {
  const auto refused = [](const std::string& line) {
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.exit_code, 2) << line;
    EXPECT_EQ(outcome.out, "") << line;
    return outcome.err;
  };
  EXPECT_EQ(refused("comple x.oml"), "error: unknown command: 'comple'\n  hint: did you mean 'compile'?\n");
  EXPECT_EQ(refused("logs lst"), "error: unknown command: 'logs lst'\n  hint: did you mean 'logs list'?\n");
  EXPECT_EQ(refused("compile x.oml --profle dev"),
            "error: unknown option: '--profle'\n  hint: did you mean '--profile'?\n");
  EXPECT_EQ(refused("compile x.oml --profle=dev"),
            "error: unknown option: '--profle'\n  hint: did you mean '--profile'?\n");
  EXPECT_THAT(refused("compile"), StartsWith("error: usage: osiris compile FILE\n"));
  EXPECT_THAT(refused("components show"), StartsWith("error: usage: osiris components show NAME\n"));
  EXPECT_EQ(run("logs").exit_code, 2) << "a group alone does nothing";
  EXPECT_THAT(run("logs").out, HasSubstr("logs list"));
}

TEST(Program, Prints_one_json_document_whatever_happens) {
  for (const std::string line :
       {"comple --json", "compile --json", "compile /no/such.oml --json", "--json compile x --nope",
        "components show nothing --json", "components list --json", "logs --json"}) {
    const Outcome outcome = run(line);
    const Json document = Json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << line << "\n" << outcome.out;
    if (outcome.exit_code == 0 || line.starts_with("logs")) continue;
    for (const char* field : {"code", "kind", "message", "hint", "location", "retryable"}) {
      EXPECT_TRUE(document["error"].contains(field)) << line << " " << field;
    }
  }
}

TEST(Program, Takes_an_option_wherever_it_stands) {
  const TestFolder folder;
  const std::string project = " --project " + folder.path().string() + " ";
  for (const std::string& line :
       {"connections list" + project, project + "connections list", "connections" + project + "list",
        "connections list --project=" + folder.path().string()}) {
    EXPECT_EQ(run(line).exit_code, 0) << line << run(line).err;
  }
}

}  // namespace
}  // namespace osiris::cli
