#include "agent/conversation.h"

#include <algorithm>

#include "agent/answered_draft.h"
#include "agent/known_secrets.h"
#include "agent/project_file.h"
#include "agent/prompts.h"
#include "base/error_json.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "compile/secret_scan.h"

namespace osiris {

namespace {

constexpr int kMostAnswers = 30;         ///< of a model in one turn
constexpr int kMostSameCalls = 2;        ///< with the same arguments in one turn
constexpr int kMostCallsOfOneTool = 15;  ///< in one turn
constexpr int kMostRefusedCalls = 3;     ///< of those that repeat themselves
constexpr int kMostBadDrafts = 4;        ///< in one turn

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json error_answer(const Error& error) { return {{"error", error_json(error)}}; }

std::vector<llm::ToolOffer> offers() {
  std::vector<llm::ToolOffer> offers;
  for (const Tool& tool : all_tools()) offers.push_back({tool.name, tool.description, tool.input_schema});
  return offers;
}

void refuse_secret_message(const std::string& message) {
  const std::vector<SecretFinding> found = find_secrets(message);
  if (found.empty()) return;
  throw Error(ErrorKind::kUser, "agent.secret_in_message",
              cat("the message has what looks like ", found.front().what, "; it was not sent"),
              "say it without; connections have their secrets in .env");
}

/// Asks for what a tool does without asking, but not in a conversation: a manifest that is made.
bool may_compile(const std::string& path, Consent& consent) {
  return consent.ask(
      {Question::Act::kCompile, cat("Compile ", path, "?"), fingerprint(cat("compile ", path))});
}

Error draft_failed(int tries) {
  return Error(ErrorKind::kUser, "agent.draft_failed", cat("the draft was not right after ", tries, " tries"),
               "say more exactly what you want, or choose another model");
}

}  // namespace

/// What one turn needs.
struct Conversation::Round {
  Round(const ConversationWorld& world, const llm::Endpoint& endpoint, Consent& asked, TurnWatcher& watched,
        Cancellation& stop, DraftDesk& desk)
      : project(world.open_project()),
        secrets(project, world.registry),
        consent(asked),
        watcher(watched),
        cancellation(stop),
        model(endpoint, stop),
        context{project, world.registry, stop, asked, world.shares_samples, world.watch, &desk} {}

  Project project;
  KnownSecrets secrets;
  Consent& consent;
  TurnWatcher& watcher;
  Cancellation& cancellation;
  llm::Model model;
  ToolContext context;
  std::string system;
  Turn turn{};
  std::map<std::string, int> same_calls{}, calls_of_tool{};
  int refused_calls = 0, bad_drafts = 0;
};

Conversation::Conversation(ConversationWorld world, ConversationFolder folder, llm::Endpoint endpoint)
    : world_(std::move(world)), folder_(std::move(folder)), endpoint_(std::move(endpoint)) {
  ConversationFolder::Contents contents = folder_.read();
  messages_ = std::move(contents.messages);
  desk_.draft = std::move(contents.draft);
}

void Conversation::add(llm::Message message) {
  folder_.add(message);
  messages_.push_back(std::move(message));
}

Turn Conversation::say(const std::string& message, Consent& consent, TurnWatcher& watcher,
                       Cancellation& cancellation) {
  refuse_secret_message(message);
  Round round(world_, endpoint_, consent, watcher, cancellation, desk_);
  round.secrets.add(endpoint_.key);
  round.system = round.secrets.without(system_prompt(round.project));
  add({llm::Message::Role::kPerson, round.secrets.without(message)});
  if (endpoint_.only_answers) return answer_questions(round);
  for (int count = 0; count < kMostAnswers; ++count) {
    llm::Answer answer = ask({round.system, messages_, offers()}, round);
    round.turn.usage += answer.usage;
    round.turn.text = answer.message.text;
    round.turn.stop = answer.stop;
    // A call that was cut off is not made; the model is told, and goes on.
    if (answer.stop == llm::Answer::Stop::kLength) {
      for (llm::ToolCall& call : answer.message.calls)
        call.flaw = "the answer had no room for the whole call";
    }
    const llm::Message said = answer.message;
    add(std::move(answer.message));
    if (said.calls.empty() || answer.stop == llm::Answer::Stop::kRefused) return round.turn;
    add(call_all(said, round));
    cancellation.check();
    if (round.refused_calls > kMostRefusedCalls) break;
    if (round.bad_drafts > kMostBadDrafts) {
      throw draft_failed(kMostBadDrafts + 1);
    }
  }
  throw Error(ErrorKind::kUser, "agent.model_loops", "the model repeats itself and gets nowhere",
              "say more exactly what you want, or choose another model");
}

void Conversation::save_draft(const std::string& path) {
  const fs::path file = project_file(path, world_.open_project());
  if (file.extension() != ".oml") {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments",
                cat("a pipeline's name ends with .oml: '", path, "'"), "such as output/pipeline.oml");
  }
  make_folders(file.parent_path());
  write_file_atomically(file, desk_.draft->text);
  desk_.draft->path = path;
  folder_.add(*desk_.draft);
  approved_.insert(path);
}

Turn Conversation::answer_questions(Round& round) {
  constexpr const char* kDraftTool = "oml_draft";
  // What is said later changes what was said before.
  std::vector<std::string> wishes;
  for (const llm::Message& message : messages_) {
    if (message.role == llm::Message::Role::kPerson) wishes.push_back(message.text);
  }
  const auto answer = [&](const llm::ModelRequest& request) {
    llm::ModelRequest redacted = request;
    for (llm::Message& message : redacted.messages) message.text = round.secrets.without(message.text);
    llm::Answer given = ask(redacted, round);
    round.turn.usage += given.usage;
    return given;
  };
  const auto hear = [&](const std::string& line) {
    round.turn.text += cat(line, "\n");
    round.watcher.said(cat(line, "\n"));
  };
  const AnsweredDraft answered =
      draft_by_answers(join(wishes, "\n"), desk_.draft ? desk_.draft->path : "", answer, hear, round.context);
  add({llm::Message::Role::kModel, round.secrets.without(round.turn.text)});
  round.turn.calls.push_back({kDraftTool, answered.arguments, ""});
  round.watcher.calls(kDraftTool, answered.arguments);
  round.watcher.answered(kDraftTool, answered.verdict);
  notice_draft(answered.verdict, round);
  if (answered.verdict["valid"] == false) throw draft_failed(kMostRepairs + 1);
  return round.turn;
}

llm::Answer Conversation::ask(const llm::ModelRequest& request, Round& round) {
  const Json where{{"provider", endpoint_.provider}, {"model", endpoint_.model}, {"url", endpoint_.base_url}};
  llm::AnswerWatch watch;
  watch.sends = [&](const Json& body) { folder_.add_request(where, body); };
  // Answers are in JSON, and told in another form.
  if (!endpoint_.only_answers) watch.text = [&](std::string_view piece) { round.watcher.said(piece); };
  watch.again = [&](const Error& why, std::chrono::milliseconds wait) {
    round.watcher.asks_again(why, wait);
  };
  return round.model.ask(request, watch);
}

llm::Message Conversation::call_all(const llm::Message& said, Round& round) {
  llm::Message answers{llm::Message::Role::kTools};
  for (const llm::ToolCall& wanted : said.calls) {
    round.watcher.calls(wanted.name, wanted.arguments);
    Json answer;
    try {
      answer = call(wanted, round);
    } catch (const Error& error) {
      answer = error_answer(error);
    }
    const bool is_error = answer.contains("error") && !answer.contains("valid");
    const std::string code = is_error ? text_of(answer["error"], "code") : "";
    round.turn.calls.push_back({wanted.name, wanted.arguments, code});
    round.watcher.answered(wanted.name, answer);
    answers.results.push_back({wanted.id, wanted.name, round.secrets.without(dumped(answer)), is_error});
  }
  return answers;
}

Json Conversation::call(const llm::ToolCall& call, Round& round) {
  round.cancellation.check();
  if (!call.flaw.empty()) {
    ++round.refused_calls;
    throw Error(ErrorKind::kUser, "agent.invalid_arguments", cat("arguments of ", call.name, ": ", call.flaw),
                "call it again with one JSON object that its schema allows");
  }
  const Tool* tool = find_tool(call.name);
  notice_loop(call, round);
  if (tool == nullptr) {
    std::vector<std::string> names;
    for (const Tool& each : all_tools()) names.push_back(each.name);
    throw Error(ErrorKind::kUser, "agent.unknown_tool",
                cat("there is no tool '", shortened(call.name, 100), "'"), suggestion(call.name, names));
  }
  if (tool->effect == Tool::Effect::kKeeps) {
    const std::string path = text_of(call.arguments, "path");
    if (!approved_.contains(path) && !may_compile(path, round.consent))
      throw Error(ErrorKind::kUser, "agent.declined", "the person did not allow it", "ask what they want");
  }
  const Json answer = call_tool(*tool, call.arguments, round.context);
  if (tool->effect == Tool::Effect::kWrites) notice_draft(answer, round);
  return answer;
}

void Conversation::notice_loop(const llm::ToolCall& call, Round& round) {
  const int same = ++round.same_calls[cat(call.name, " ", canonical_json(call.arguments))];
  const int of_tool = ++round.calls_of_tool[call.name];
  if (same <= kMostSameCalls && of_tool <= kMostCallsOfOneTool) return;
  ++round.refused_calls;
  throw Error(ErrorKind::kUser, "agent.repeated_call",
              same > kMostSameCalls ? cat(call.name, " was called with the same arguments before")
                                    : cat(call.name, " was called ", of_tool - 1, " times"),
              "use what it answered, or ask the person");
}

void Conversation::notice_draft(const Json& answer, Round& round) {
  if (answer.value("valid", false) == false) {
    ++round.bad_drafts;
    return;
  }
  round.bad_drafts = 0;
  if (desk_.draft) folder_.add(*desk_.draft);
  if (answer.value("written", false)) approved_.insert(answer.value("path", ""));
}

}  // namespace osiris
