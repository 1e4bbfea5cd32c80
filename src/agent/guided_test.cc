#include "agent/guided.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/guided_questions.h"
#include "agent/scripted_dialog.h"
#include "base/file_system.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::HasSubstr;
using testing::Not;
using End = GuidedOutcome::End;
using Answers = std::deque<std::string>;

/// A project of files, and a person who answers.
class Guided : public testing::Test {
 protected:
  Guided() { write_file_atomically(folder_.path() / "in.csv", "id,name\n1,Ada\n2,Bob\n"); }

  GuidedOutcome talk(const Answers& answers) {
    ScriptedDialog dialog(answers);
    const Project project = Project::open(folder_.path(), folder_.path(), Environment());
    GuidedOutcome outcome = run_guided(dialog, project, registry_);
    shown_ = dialog.shown();
    left_over_ = dialog.left_over();
    return outcome;
  }

  bool is_there(const char* name) const { return fs::exists(folder_.path() / name); }
  std::string text_of(const char* name) const { return read_file(folder_.path() / name); }

  TestFolder folder_;
  Registry registry_;
  std::string shown_;
  std::size_t left_over_ = 0;
};

/// Source, columns, bad rows, no other source, no step.
const Answers kFrom{"in.csv", "", "", "no", "no"};
/// Path, write mode, no other target, name.
const Answers kTo{"out.csv", "overwrite", "no", "copy"};

Answers together(std::initializer_list<Answers> parts) {
  Answers all;
  for (const Answers& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST_F(Guided, writes_compiles_and_runs_after_a_yes_each) {
  const GuidedOutcome outcome = talk(together({kFrom, kTo, {"", "yes", "yes", "yes"}}));
  EXPECT_EQ(outcome.end, End::kDone);
  EXPECT_EQ(outcome.file, "output/pipeline.oml");
  EXPECT_EQ(text_of("output/pipeline.oml"), outcome.text);
  EXPECT_EQ(outcome.run["status"], "success");
  EXPECT_EQ(text_of("out.csv"), "id,name\n1,Ada\n2,Bob\n");
  EXPECT_EQ(left_over_, 0);
  EXPECT_THAT(shown_, HasSubstr(outcome.text));
  EXPECT_THAT(shown_, HasSubstr("writes  file out.csv (new)"));
  EXPECT_THAT(shown_, HasSubstr("write_csv  2 rows in, 2 rows out"));
}

TEST_F(Guided, does_nothing_without_a_yes) {
  EXPECT_EQ(talk(together({kFrom, kTo, {"", "no"}})).file, "");
  EXPECT_FALSE(is_there("output"));
  GuidedOutcome outcome = talk(together({kFrom, kTo, {"", "yes", "no"}}));
  EXPECT_EQ(outcome.end, End::kDone);
  EXPECT_TRUE(outcome.compiled.is_null());
  EXPECT_FALSE(is_there("logs"));
  outcome = talk(together({kFrom, kTo, {"again", "yes", "yes", "no"}}));
  EXPECT_EQ(outcome.file, "again.oml");
  EXPECT_FALSE(outcome.compiled.is_null());
  EXPECT_TRUE(outcome.run.is_null());
  EXPECT_FALSE(is_there("out.csv"));
}

TEST_F(Guided, ends_where_the_answers_end) {
  const Answers whole = together({kFrom, kTo, {"", "yes"}});
  for (std::size_t count = 0; count < whole.size(); ++count) {
    const Answers part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
    EXPECT_EQ(talk(part).end, End::kEndOfInput) << count;
    EXPECT_FALSE(is_there("output")) << count;
    EXPECT_EQ(talk(together({part, {"^C"}})).end, End::kInterrupted) << count;
    EXPECT_FALSE(is_there("output")) << count;
  }
}

TEST_F(Guided, goes_back_to_any_question) {
  const Answers whole = together({kFrom, kTo, {"p"}});
  for (std::size_t count = 1; count <= whole.size(); ++count) {
    // Back to the very first question, then everything once more.
    const Answers part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
    const GuidedOutcome outcome = talk(together({part, Answers(count, "<"), whole, {"yes", "no"}}));
    EXPECT_EQ(outcome.file, "p.oml") << count;
    EXPECT_EQ(left_over_, 0) << count;
    fs::remove(folder_.path() / "p.oml");
  }
}

TEST_F(Guided, takes_the_answer_that_was_given_after_going_back) {
  const GuidedOutcome outcome =
      talk(together({{"in.csv", "id", "<", "name", "skip", "no", "no"}, kTo, {"", "yes", "no"}}));
  EXPECT_THAT(outcome.text, HasSubstr("columns:\n        - name\n"));
  EXPECT_THAT(outcome.text, Not(HasSubstr("- id\n")));
  EXPECT_THAT(outcome.text, HasSubstr("on_bad_row: skip"));
}

TEST_F(Guided, shows_what_changes_in_a_file_that_is_there) {
  write_file_atomically(folder_.path() / "p.oml", "name: other\n");
  EXPECT_EQ(talk(together({kFrom, kTo, {"p.oml", "no"}})).file, "");
  EXPECT_THAT(shown_, HasSubstr("-name: other"));
  EXPECT_THAT(shown_, HasSubstr("+name: copy"));
  EXPECT_EQ(text_of("p.oml"), "name: other\n");
}

TEST_F(Guided, asks_again_after_a_wrong_answer) {
  const GuidedOutcome outcome = talk(together(
      {{"", "no.csv", "in.csv", "", "", "no", "no", "out.xls", "out.csv", "", "no", "", "../p", ".p", "p"},
       {"yes", "no"}}));
  EXPECT_EQ(outcome.file, "p.oml");
  EXPECT_THAT(shown_, HasSubstr("no such file: 'no.csv'"));
  EXPECT_THAT(shown_, HasSubstr("the path must end with .csv or .jsonl or .parquet"));
  EXPECT_THAT(outcome.text, HasSubstr("name: in\n"));
}

TEST_F(Guided, does_not_ask_for_ever) {
  EXPECT_EQ(talk(Answers(100'000, "wrong.csv")).end, End::kEndOfInput);
  EXPECT_GT(left_over_, 99'000U);
}

TEST_F(Guided, writes_steps_that_change_rows) {
  write_file_atomically(folder_.path() / "step.py", "def transform(batch):\n    return batch\n");
  const GuidedOutcome outcome = talk(together(
      {{"in.csv", "", "", "no", "SQL", "SELECT id FROM input_df", "a function", "in a file", "no.py",
        "step.py", "a function", "typed here", "def transform(batch):", "    return batch", "", "no"},
       kTo,
       {"", "yes", "no"}}));
  EXPECT_THAT(outcome.text, HasSubstr("query: \"SELECT id FROM input_df\""));
  EXPECT_THAT(outcome.text, HasSubstr("script: step.py"));
  EXPECT_THAT(outcome.text, HasSubstr("def transform(batch):\\n    return batch\\n"));
  EXPECT_THAT(outcome.text, HasSubstr("id: function_2"));
  EXPECT_THAT(shown_, HasSubstr("there is no such file: 'no.py'"));
}

TEST_F(Guided, joins_two_sources_by_a_step) {
  const GuidedOutcome outcome =
      talk(together({{"in.csv", "", "", "yes", "in.csv", "", "", "no", "SQL",
                      "SELECT a.id, b.name FROM \"in\" a JOIN in_2 b ON a.id = b.id ORDER BY 1", "no"},
                     kTo,
                     {"", "yes", "yes", "yes"}}));
  EXPECT_EQ(outcome.end, End::kDone) << shown_;
  EXPECT_EQ(text_of("out.csv"), "id,name\n1,Ada\n2,Bob\n");
}

TEST_F(Guided, asks_for_parameters_where_they_are_used) {
  const GuidedOutcome outcome =
      talk(together({{"in.csv", "", "", "no", "SQL",
                      "SELECT * FROM input_df WHERE id = ${params.number} AND name <> '${params.who}'", "no"},
                     {"out-${params.number}.csv", "", "no", "2", "Ada", "copy"},
                     {"", "yes", "yes", "yes"}}));
  EXPECT_THAT(outcome.text, HasSubstr("params:\n  number: 2\n  who: Ada\n")) << shown_;
  EXPECT_EQ(text_of("out-2.csv"), "id,name\n2,Bob\n");
}

TEST_F(Guided, says_what_keeps_it_from_running_and_lets_the_person_change_it) {
  const GuidedOutcome outcome = talk(together({{"in.csv", "", "", "no", "SQL", "DELETE FROM input_df", "no"},
                                               kTo,
                                               {"p", "change the last answer", "p", "give up"}}));
  EXPECT_EQ(outcome.end, End::kFailed);
  EXPECT_EQ(outcome.file, "");
  EXPECT_FALSE(is_there("p.oml"));
  EXPECT_THAT(shown_, HasSubstr("? It cannot run so. What now?"));
}

TEST_F(Guided, tells_a_run_that_fails) {
  const GuidedOutcome outcome =
      talk(together({{"in.csv", "", "", "no", "SQL", "SELECT error('stop') AS x FROM input_df", "no"},
                     kTo,
                     {"", "yes", "yes", "yes"}}));
  EXPECT_EQ(outcome.end, End::kFailed);
  EXPECT_EQ(outcome.run["status"], "failed");
  EXPECT_FALSE(is_there("out.csv"));
}

TEST(GuidedModes, have_one_word_for_each) {
  const Registry registry;
  const auto modes = [&](const char* name) { return write_modes(registry.find(name)->spec); };
  EXPECT_THAT(modes("sqlite.writer"), testing::ElementsAre("append", "replace", "truncate", "upsert"));
  EXPECT_THAT(modes("filesystem.csv_writer"), testing::ElementsAre("overwrite", "append"));
  EXPECT_THAT(modes("filesystem.parquet_writer"), testing::IsEmpty());
}

}  // namespace
}  // namespace osiris
