#include <iostream>

#include "agent/chat_loop.h"
#include "agent/conversation.h"
#include "agent/model_choice.h"
#include "agent/turn_text.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/conversation.h"
#include "cli/dialog_output.h"
#include "cli/messages.h"
#include "cli/terminal.h"
#include "run/stop_signals.h"

namespace osiris::cli {

namespace {

/// Nobody is there to be asked: saving was allowed beforehand or not, and nothing runs.
class OneTurnConsent : public Consent {
 public:
  explicit OneTurnConsent(bool may_save) : may_save_(may_save) {}

  bool ask(const Question& question) override {
    if (question.act == Question::Act::kWrite) {
      has_saved_ = may_save_;
      return may_save_;
    }
    throw Error(ErrorKind::kUser, "agent.no_consent", "nobody is there to be asked for that",
                "the person can do it by hand: osiris compile, osiris run");
  }
  bool has_saved() const { return has_saved_; }

 private:
  bool may_save_;
  bool has_saved_ = false;
};

/// Prints the answer as it comes, and what happens beside it.
class PrintingWatcher : public TurnWatcher {
 public:
  explicit PrintingWatcher(bool is_silent) : is_silent_(is_silent) {}

  void said(std::string_view piece) override {
    if (!is_silent_) output_.stream(piece);
  }
  void asks_again(const Error& why, std::chrono::milliseconds wait) override {
    note(cat("(", why.message(), "; asking again in ", human_duration(wait.count()), ")"));
  }
  void calls(const std::string& tool, const Json& arguments) override { note(call_line(tool, arguments)); }
  void answered(const std::string&, const Json& answer) override { note(answer_line(answer)); }
  void end_line() { output_.begin_line(); }
  void note(const std::string& line) {
    if (is_silent_) return;
    output_.begin_line();
    std::cerr << harmless(line) << std::endl;
  }

 private:
  bool is_silent_;
  DialogOutput output_{std::cout, false};
};

Json turn_json(const Conversation& conversation, const Turn& turn, bool has_saved) {
  Json calls = Json::array();
  for (const Turn::Call& call : turn.calls) {
    Json json{{"tool", call.tool}, {"arguments", call.arguments}};
    if (!call.error_code.empty()) json["error_code"] = call.error_code;
    calls.push_back(json);
  }
  Json json{{"session_id", conversation.folder().id()},
            {"provider", conversation.endpoint().provider},
            {"model", conversation.endpoint().model},
            {"message", turn.text},
            {"tool_calls", calls},
            {"tokens", {{"input", turn.usage.input_tokens}, {"output", turn.usage.output_tokens}}}};
  if (const auto& draft = conversation.draft())
    json["draft"] = {{"path", draft->path}, {"text", draft->text}, {"saved", has_saved}};
  return json;
}

/// What stands below the answer.
std::string closing_text(const Conversation& conversation, const Turn& turn, bool has_saved) {
  std::string text;
  const std::string flaw = stop_text(turn.stop);
  if (!flaw.empty()) text += cat(flaw, "\n");
  if (const auto& draft = conversation.draft()) {
    text += has_saved ? cat("Saved: ", draft->path, "\n")
                      : cat("\n", draft->text, "\nNot saved: --yes-save, or osiris chat --session-id ",
                            conversation.folder().id(), " and /save\n");
  }
  return text;
}

Answer one_turn(const Invocation& invocation, Conversation& conversation) {
  Answer answer;
  Cancellation cancellation;
  const StopSignals signals([&](int) { cancellation.cancel(); });
  OneTurnConsent consent(invocation.has("--yes-save"));
  PrintingWatcher watcher(invocation.is_json());
  try {
    const Turn turn = conversation.say(invocation.arguments().front(), consent, watcher, cancellation);
    watcher.note(usage_line(conversation, turn));
    answer.text = closing_text(conversation, turn, consent.has_saved());
    answer.json = turn_json(conversation, turn, consent.has_saved());
  } catch (const Error& error) {
    watcher.end_line();
    answer.exit_code = exit_code_of(error);
    answer.messages = error_text(error);
    answer.json = {{"error", error_json(error)}, {"session_id", conversation.folder().id()}};
  }
  constexpr int kSignalBase = 128;
  if (signals.received() != 0) answer.exit_code = kSignalBase + signals.received();
  return answer;
}

ConversationWorld world_of(const Invocation& invocation) {
  return {[&invocation] { return invocation.open_project(); }, invocation.registry(),
          invocation.has("--share-samples"), watch_on_terminal()};
}

Conversation open_conversation(const Invocation& invocation, llm::Endpoint endpoint) {
  const auto id = invocation.value("--session-id");
  const fs::path logs = invocation.project().logs_folder();
  return {world_of(invocation), id ? ConversationFolder::find(logs, *id) : ConversationFolder::make(logs),
          std::move(endpoint)};
}

Answer talk(const Invocation& invocation, const llm::Endpoint& endpoint) {
  Conversation conversation = open_conversation(invocation, endpoint);
  const auto dialog = open_dialog(invocation);
  ChatLoop loop(world_of(invocation), conversation, *dialog);
  loop.run();
  Answer answer;
  if (conversation.is_empty()) {
    fs::remove_all(conversation.folder().folder());
    return answer;
  }
  answer.json = {{"session_id", conversation.folder().id()}};
  if (const auto& draft = conversation.draft())
    answer.json["draft"] = {{"path", draft->path}, {"text", draft->text}};
  return answer;
}

Answer answer_questions(const Invocation& invocation, const std::string& why) {
  const auto dialog = open_dialog(invocation);
  if (!why.empty()) dialog->say(why, Tone::kNote);
  return guided_answer(run_guided(*dialog, invocation.project(), invocation.registry(), watch_on_terminal()));
}

Answer chat(const Invocation& invocation) {
  const bool has_message = !invocation.arguments().empty();
  std::string why;
  try {
    if (const auto endpoint = choose_model(invocation.project())) {
      if (!has_message) return talk(invocation, *endpoint);
      Conversation conversation = open_conversation(invocation, *endpoint);
      return one_turn(invocation, conversation);
    }
  } catch (const Error& error) {
    if (has_message || error.code() != "llm.no_key") throw;
    why = cat(error.message(), ": questions instead");
  }
  if (has_message) {
    throw Error(ErrorKind::kUser, "llm.no_key", "no key of a language model is set",
                cat("export one of ", names_of_keys(),
                    " or write it into .env; osiris chat without a message "
                    "asks questions instead"));
  }
  return answer_questions(invocation, why);
}

}  // namespace

std::vector<Command> chat_commands() {
  return {{"chat",
           "[MESSAGE]",
           0,
           1,
           "Write a pipeline by talking with a language model, or, without one, by answering questions",
           {{"osiris chat", "a conversation; its pipeline goes to output/pipeline.oml after a yes"},
            {"osiris chat \"Copy the table orders to a CSV file\"", "one message, one answer"},
            {"osiris chat --session-id chat_17643", "go on with a conversation"}},
           {{"--yes-save", "", "Save the pipeline that the message led to", {}},
            {"--session-id", "ID", "Go on with this conversation", {"-s"}},
            {"--share-samples", "", "Let the model read masked rows of tables", {}}},
           chat}};
}

}  // namespace osiris::cli
