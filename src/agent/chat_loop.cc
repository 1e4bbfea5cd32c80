#include "agent/chat_loop.h"

#include <array>

#include "agent/draft_trial.h"
#include "agent/project_file.h"
#include "agent/prompts.h"
#include "agent/text_diff.h"
#include "agent/turn_text.h"
#include "base/file_system.h"
#include "base/text.h"
#include "run/connection_list.h"

namespace osiris {

namespace {

struct ChatCommand {
  std::string_view name, argument, meaning;
};

constexpr std::array<ChatCommand, 8> kCommands{{
    {"/plan", "", "what the draft would read and write"},
    {"/run", "", "save, compile and run it, after a yes"},
    {"/diff", "", "how it differs from its file"},
    {"/save", " [PATH]", "write it, without asking again"},
    {"/connections", "", "the connections of the project"},
    {"/model", " [NAME]", "which model answers, or another one from now on"},
    {"/help", "", "this list"},
    {"/quit", "", "leave; osiris chat --session-id goes on later"},
}};

class DialogWatcher : public TurnWatcher {
 public:
  explicit DialogWatcher(Dialog& dialog) : dialog_(dialog) {}

  void said(std::string_view piece) override { dialog_.stream(piece); }
  void asks_again(const Error& why, std::chrono::milliseconds wait) override {
    dialog_.say(cat("(", why.message(), "; asking again in ", human_duration(wait.count()), ")"),
                Tone::kWarning);
  }
  void calls(const std::string& tool, const Json& arguments) override {
    dialog_.say(call_line(tool, arguments), Tone::kNote);
  }
  void answered(const std::string&, const Json& answer) override {
    dialog_.say(answer_line(answer), Tone::kNote);
  }

 private:
  Dialog& dialog_;
};

void show_error(Dialog& dialog, const Error& error) {
  dialog.say(cat(error.message(), error.hint().empty() ? "" : cat("\n", error.hint())), Tone::kError);
}

}  // namespace

void ChatLoop::run() {
  const std::string prompts = prompts_folder(world_.open_project());
  dialog_.say(cat(conversation_.is_empty() ? "What should be moved?" : "The conversation goes on.", " (",
                  conversation_.endpoint().model, prompts.empty() ? "" : cat(", prompts of ", prompts),
                  "; /help lists commands)"),
              Tone::kHeading);
  Prompt prompt{"> "};
  for (const ChatCommand& command : kCommands) prompt.completions.emplace_back(command.name);
  for (;;) {
    const auto line = dialog_.ask(prompt);
    if (!line && dialog_.no_answer() != NoAnswer::kInterrupted) break;
    if (!line) {
      dialog_.say("(/quit leaves)", Tone::kNote);
    } else if (line->starts_with('/') || *line == "exit" || *line == "quit") {
      if (!take_command(*line)) break;
    } else if (!line->empty()) {
      take_message(*line);
    }
  }
  if (conversation_.is_empty()) return;
  dialog_.say(cat("osiris chat --session-id ", conversation_.folder().id(), " goes on"), Tone::kNote);
}

void ChatLoop::attend(const std::function<void(Cancellation&)>& work) {
  Cancellation cancellation;
  std::optional<Error> failure;
  dialog_.attend(cancellation, [&] {
    try {
      work(cancellation);
    } catch (const Error& error) {
      failure = error;
    }
  });
  if (!failure) return;
  if (failure->code() == "run.cancelled") {
    dialog_.say("(stopped)", Tone::kNote);
  } else {
    show_error(dialog_, *failure);
  }
}

void ChatLoop::take_message(const std::string& line) {
  attend([&](Cancellation& cancellation) {
    DialogConsent consent(dialog_);
    DialogWatcher watcher(dialog_);
    const Turn turn = conversation_.say(line, consent, watcher, cancellation);
    if (const std::string flaw = stop_text(turn.stop); !flaw.empty()) dialog_.say(flaw, Tone::kWarning);
    dialog_.say(usage_line(conversation_, turn), Tone::kNote);
  });
}

bool ChatLoop::take_command(const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string name = line.substr(0, space);
  const std::string argument(trim(space == std::string::npos ? "" : line.substr(space)));
  if (name == "/quit" || name == "exit" || name == "quit") return false;
  attend([&](Cancellation& cancellation) {
    if (name == "/help") return help();
    if (name == "/plan") return plan(cancellation);
    if (name == "/diff") return diff();
    if (name == "/save") return save(argument);
    if (name == "/connections") return list_connections();
    if (name == "/model") return model(argument);
    if (name == "/run") return;  // which asks, and is attended in its parts
    std::vector<std::string> names;
    for (const ChatCommand& command : kCommands) names.emplace_back(command.name);
    throw Error(ErrorKind::kUser, "agent.unknown_command", cat("no such command: '", name, "'"),
                suggestion(name, names));
  });
  if (name == "/run") run_draft();
  return true;
}

void ChatLoop::help() {
  std::string text;
  for (const ChatCommand& command : kCommands) {
    const std::string usage = cat(command.name, command.argument);
    text += cat(usage, std::string(16 - usage.size(), ' '), command.meaning, "\n");
  }
  dialog_.say(text);
}

const Draft& ChatLoop::draft() const {
  if (conversation_.draft()) return *conversation_.draft();
  throw Error(ErrorKind::kUser, "agent.no_draft", "there is no draft yet", "say what should be moved");
}

void ChatLoop::plan(Cancellation& cancellation) {
  const DraftTrial trial =
      try_draft(draft().text, draft().path, world_.open_project(), world_.registry, cancellation);
  dialog_.say(cat(draft().text, "\n", trial.summary));
}

void ChatLoop::diff() {
  const std::string file =
      read_file_if_exists(project_file(draft().path, world_.open_project())).value_or("");
  const std::string text = unified_diff(draft().path, file, draft().text);
  dialog_.say(text.empty() ? cat(draft().path, " is as the draft is") : text);
}

void ChatLoop::save(const std::string& path) {
  conversation_.save_draft(path.empty() ? draft().path : path);
  dialog_.say(cat("Saved: ", draft().path));
}

void ChatLoop::run_draft() {
  attend([&](Cancellation& cancellation) {
    const std::string path = draft().path;
    const Project project = world_.open_project();
    DialogConsent consent(dialog_);
    ToolContext context{project, world_.registry, cancellation, consent, false, world_.watch};
    if (read_file_if_exists(project_file(path, project)).value_or("") != draft().text) save("");
    const Json compiled = call_tool(*find_tool("compile"), {{"path", path}}, context);
    dialog_.say(plan_summary(call_tool(*find_tool("plan"), {{"path", path}}, context)));
    const Json outline =
        call_tool(*find_tool("run"),
                  {{"manifest", compiled["manifest"]}, {"fingerprint", compiled["fingerprint"]}}, context);
    dialog_.say(run_text(outline));
  });
}

void ChatLoop::list_connections() {
  std::string text;
  for (const ListedConnection& each : osiris::list_connections(world_.open_project(), world_.registry)) {
    text += cat(each.reference, each.missing.empty() ? "" : cat(" (not set: ", join(each.missing, ", "), ")"),
                "\n");
  }
  dialog_.say(text.empty() ? "there are none; see osiris_connections.yaml" : text);
}

void ChatLoop::model(const std::string& name) {
  if (!name.empty()) conversation_.set_model(name);
  const llm::Endpoint& endpoint = conversation_.endpoint();
  dialog_.say(cat(endpoint.model, " of ", endpoint.provider, " at ", endpoint.base_url));
}

}  // namespace osiris
