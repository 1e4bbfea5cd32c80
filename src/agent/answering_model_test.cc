#include "agent/answering_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "agent/answered_draft.h"
#include "base/file_system.h"
#include "base/test_folder.h"
#include "base/text.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const char* const kExample = "Answer.\n\n## Question\nWhich?\n## Answer\n{\"answer\": \"x\"}\n";

/// A model that says what it is told to say, and what it was asked.
class ToldModel {
 public:
  explicit ToldModel(std::deque<std::string> answers) : answers_(std::move(answers)) {}

  AnsweringModel::Ask ask() {
    return [this](const llm::ModelRequest& request) {
      requests.push_back(request);
      llm::Answer answer;
      answer.message = {llm::Message::Role::kModel, answers_.empty() ? "" : answers_.front()};
      if (!answers_.empty()) answers_.pop_front();
      return answer;
    };
  }
  AnsweringModel::Hear hear() {
    return [this](const std::string& line) { lines.push_back(line); };
  }
  const std::string& last_question() const { return requests.back().messages.back().text; }
  Json last_schema() const { return (*requests.back().answer_schema)["properties"]["answer"]; }

  std::vector<llm::ModelRequest> requests;
  std::vector<std::string> lines;

 private:
  std::deque<std::string> answers_;
};

class Answering : public testing::Test {
 protected:
  AnsweringModel with(const std::string& request, ToldModel& told) {
    return {kExample, request, project_, told.ask(), told.hear(), cancellation_};
  }

  TestFolder folder_;
  const Project project_ = Project::open(folder_.path(), folder_.path(), Environment());
  Cancellation cancellation_;
};

TEST_F(Answering, chooses_what_the_schema_allows) {
  ToldModel told({R"({"answer": "yes"})"});
  AnsweringModel model = with("Join a and b", told);
  model.say("Two tables.", Tone::kNote);
  EXPECT_EQ(model.choose({"Join them?", {{"no"}, {"yes", "by SQL"}}, {0}}), 1);
  EXPECT_EQ(told.last_schema(), (Json{{"enum", {"no", "yes"}}}));
  EXPECT_EQ(told.requests[0].system, "Answer.");
  EXPECT_EQ(told.requests[0].temperature, 0);
  ASSERT_EQ(told.requests[0].messages.size(), 3U);
  EXPECT_EQ(told.requests[0].messages[0].text, "Which?");
  EXPECT_EQ(told.requests[0].messages[1].text, R"({"answer": "x"})");
  EXPECT_EQ(told.last_question(),
            "Request: Join a and b\n\nTwo tables.\nJoin them?\n- no (usual)\n- yes (by SQL)");
  EXPECT_THAT(told.lines, ElementsAre("Join them? yes"));
}

TEST_F(Answering, offers_the_names_that_the_request_has) {
  ToldModel told({R"({"answer": "a new one"})"});
  AnsweringModel model = with("Copy Orders, not Customers_Old, to a.csv", told);
  const Menu menu{"Which?", {{"customers", "", true}, {"orders", "", true}, {"a new one"}}};
  EXPECT_EQ(model.choose(menu), 2);
  EXPECT_EQ(told.last_schema(), (Json{{"enum", {"orders", "a new one"}}}));
  EXPECT_THAT(told.last_question(), Not(HasSubstr("customers\n")));
  EXPECT_EQ(model.choose({"Which?", {{"x", "", true}, {"orders", "", true}}}), 1);
  EXPECT_EQ(told.requests.size(), 1U) << "one choice is no question";
}

TEST_F(Answering, takes_a_set_or_says_yes_or_no_to_each) {
  ToldModel told({R"({"answer": "id, b c"})", R"({"answer": "others"})",
                  R"({"answer": {"id": false, "name": true, "b c": true}})", R"({"answer": "others"})",
                  R"({"answer": {"id": false, "name": false, "b c": false}})"});
  AnsweringModel model = with("only id and b c", told);
  const Menu menu{"Which columns?", {{"id", "", true}, {"name", "", true}, {"b c", "", true}}, {0, 1, 2}};
  EXPECT_THAT(*model.choose_several(menu), ElementsAre(0, 2));
  EXPECT_THAT(told.last_question(),
              HasSubstr("- all of id, name, b c (usual)\n- id, b c (in the request)\n- others"));
  EXPECT_THAT(*model.choose_several(menu), ElementsAre(1, 2));
  EXPECT_EQ(told.last_schema()["required"], (Json{"id", "name", "b c"}));
  EXPECT_THAT(*model.choose_several(menu), ElementsAre(0, 1, 2)) << "none is what is usual";
  EXPECT_EQ(told.lines.back(), "Which columns? id, name, b c");
}

TEST_F(Answering, takes_paths_from_the_request_one_after_the_other) {
  ToldModel told({R"({"answer": "in/a.csv"})", R"({"answer": " "})"});
  AnsweringModel model = with("From 'in/a.csv' of @mysql.main, 1.5 times, into out/b.parquet.", told);
  Prompt prompt{"Path"};
  prompt.place = PlaceOfRows::kTarget;
  EXPECT_EQ(model.ask(prompt), "in/a.csv");
  EXPECT_EQ(told.last_schema(), (Json{{"enum", {"in/a.csv", "out/b.parquet"}}}));
  EXPECT_EQ(model.ask(prompt), "out/b.parquet");
  EXPECT_EQ(told.requests.size(), 1U);
  prompt.default_text = "c.csv";
  EXPECT_EQ(model.ask(prompt), "c.csv");
  EXPECT_EQ(told.last_schema()["type"], "string");
}

TEST_F(Answering, takes_as_a_source_what_is_there_and_as_a_target_what_is_not_taken) {
  ToldModel told({});
  AnsweringModel model = with("From @a.b and in.csv to @c.d", told);
  Menu menu{"Where?", {{"@a.b", "", true}, {"@c.d", "", true}, {"@e.f", "", true}, {"a file"}}};
  menu.place = PlaceOfRows::kSource;
  EXPECT_EQ(model.choose(menu), std::nullopt) << "nobody answers";
  EXPECT_EQ(told.last_schema(), (Json{{"enum", {"@a.b", "@c.d"}}}));
  write_file_atomically(folder_.path() / "in.csv", "id\n1\n");
  EXPECT_EQ(model.choose(menu), std::nullopt);
  EXPECT_EQ(told.last_schema(), (Json{{"enum", {"@a.b", "@c.d", "a file"}}}));

  ToldModel other({R"({"answer": "@a.b"})"});
  AnsweringModel second = with("From @a.b to @c.d", other);
  EXPECT_EQ(second.choose(menu), 0);
  menu.place = PlaceOfRows::kTarget;
  EXPECT_EQ(second.choose(menu), 1);
  EXPECT_EQ(other.requests.size(), 1U);
}

TEST_F(Answering, asks_whether_there_is_what_may_be_left_out) {
  ToldModel told({R"({"answer": "no"})", R"({"answer": "yes"})", R"({"answer": "id = 1"})"});
  AnsweringModel model = with("x", told);
  Prompt prompt{"Condition"};
  prompt.may_be_empty = true;
  EXPECT_EQ(model.ask(prompt), "");
  EXPECT_EQ(model.ask(prompt), "id = 1");
  EXPECT_THAT(told.last_question(), HasSubstr("So far:\nCondition: \n\nCondition"));
}

TEST_F(Answering, asks_again_for_the_form_and_gives_up) {
  ToldModel told({"yes!", R"({"answer": "maybe"})", R"({"answer": "no"})", "a", "b", "c"});
  AnsweringModel model = with("x", told);
  const Menu menu{"Join?", {{"no"}, {"yes"}}};
  EXPECT_EQ(model.choose(menu), 0);
  EXPECT_THAT(told.last_question(), HasSubstr("JSON Schema"));
  EXPECT_EQ(model.choose(menu), std::nullopt);
  EXPECT_EQ(model.no_answer(), NoAnswer::kEndOfInput);
  EXPECT_EQ(told.requests.size(), 6U);
  EXPECT_EQ(model.confirm("Run?", false), std::nullopt);
}

TEST_F(Answering, ends_with_a_cancel) {
  ToldModel told({});
  AnsweringModel model = with("x", told);
  Cancellation inner;
  EXPECT_THROW(model.attend(inner, [&] { cancellation_.cancel(); }), Error);
  EXPECT_TRUE(inner.is_cancelled());
  EXPECT_THROW(model.ask({"x"}), Error);
  EXPECT_THAT(told.requests, IsEmpty());
}

/// Says no to everything.
class NoConsent : public Consent {
 public:
  bool ask(const Question&) override { return false; }
};

class AnsweredDrafts : public testing::Test {
 protected:
  AnsweredDrafts() { write_file_atomically(folder_.path() / "in.csv", "id,name\n1,Ada\n"); }

  AnsweredDraft draft(ToldModel& told) {
    const Project project = Project::open(folder_.path(), folder_.path(), Environment());
    ToolContext context{project, registry_, cancellation_, consent_, false, {}, &desk_};
    return draft_by_answers("Copy id of in.csv to out.csv", "", told.ask(), told.hear(), context);
  }

  TestFolder folder_;
  Registry registry_;
  Cancellation cancellation_;
  NoConsent consent_;
  DraftDesk desk_;
};

/// Columns, malformed rows, no join; then the SQL, no more of it, mode, no other target.
std::deque<std::string> answers_with(const std::string& sql) {
  return {R"({"answer": "id"})",
          R"({"answer": "fail"})",
          R"({"answer": "no"})",
          R"({"answer": "SQL"})",
          cat(R"({"answer": ")", sql, R"("})"),
          R"({"answer": "no"})",
          R"({"answer": "overwrite"})",
          R"({"answer": "no"})"};
}

TEST_F(AnsweredDrafts, come_of_the_answers) {
  ToldModel told(answers_with("SELECT id FROM input_df"));
  const AnsweredDraft answered = draft(told);
  EXPECT_EQ(answered.verdict["valid"], true) << answered.verdict;
  EXPECT_EQ(desk_.draft->path, "output/pipeline.oml");
  EXPECT_EQ(desk_.draft->text, answered.arguments["text"]);
  EXPECT_THAT(desk_.draft->text, HasSubstr("path: out.csv"));
  EXPECT_FALSE(fs::exists(folder_.path() / "output")) << "nobody said yes";
}

TEST_F(AnsweredDrafts, are_repaired_with_what_was_found) {
  std::deque<std::string> answers = answers_with("DELETE FROM input_df");
  for (const std::string& answer : answers_with("SELECT id FROM input_df")) answers.push_back(answer);
  ToldModel told(answers);
  EXPECT_EQ(draft(told).verdict["valid"], true);
  EXPECT_EQ(told.requests.size(), 16U);
  for (std::size_t at = 0; at < told.requests.size(); ++at) {
    const bool is_told =
        told.requests[at].messages.back().text.find("Earlier answers were wrong") != std::string::npos;
    EXPECT_EQ(is_told, at >= 8) << at;
  }
  EXPECT_THAT(told.requests[12].messages.back().text, HasSubstr("query: \"DELETE FROM input_df\""));
}

TEST_F(AnsweredDrafts, are_given_up_after_three_repairs) {
  std::deque<std::string> answers;
  for (int attempt = 0; attempt < 6; ++attempt) {
    for (const std::string& answer : answers_with("DELETE FROM input_df")) answers.push_back(answer);
  }
  ToldModel told(answers);
  EXPECT_EQ(draft(told).verdict["valid"], false);
  EXPECT_EQ(told.requests.size(), 32U);
  EXPECT_FALSE(desk_.draft);
}

TEST_F(AnsweredDrafts, do_not_come_of_a_model_that_does_not_answer) {
  ToldModel silent({});
  EXPECT_THROW(draft(silent), Error);
  std::deque<std::string> answers(1000, R"({"answer": "yes"})");
  ToldModel endless(answers);
  EXPECT_THROW(draft(endless), Error);
  EXPECT_LT(endless.requests.size(), 250U);
}

}  // namespace
}  // namespace osiris
