#include "cli/conversation.h"

#include <csignal>
#include <iostream>

#include <unistd.h>

#include "cli/plain_dialog.h"
#include "cli/progress.h"
#include "cli/terminal_dialog.h"

namespace osiris::cli {

namespace {

/// Below the project's folder.
constexpr std::string_view kHistory = ".osiris/chat_history";
constexpr int kInterruptedExit = 128 + SIGINT;

std::string_view word_of(GuidedOutcome::End end) {
  switch (end) {
    case GuidedOutcome::End::kDone:
      return "success";
    case GuidedOutcome::End::kEndOfInput:
      return "unfinished";
    case GuidedOutcome::End::kInterrupted:
      return "interrupted";
    case GuidedOutcome::End::kFailed:
      return "failed";
  }
  return "";
}

int exit_code_of(const GuidedOutcome& outcome) {
  if (outcome.end == GuidedOutcome::End::kInterrupted) return kInterruptedExit;
  const bool is_left_early = outcome.end == GuidedOutcome::End::kEndOfInput && outcome.file.empty();
  return is_left_early || outcome.end == GuidedOutcome::End::kFailed ? 1 : 0;
}

}  // namespace

std::unique_ptr<Dialog> open_dialog(const Invocation& invocation) {
  const bool is_json = invocation.is_json();
  std::ostream& out = is_json ? std::cerr : std::cout;
  const Terminal terminal(is_json ? STDERR_FILENO : STDOUT_FILENO);
  const bool is_typed = ::isatty(STDIN_FILENO) == 1;
  if (!is_typed || !terminal.is_shown()) return std::make_unique<PlainDialog>(STDIN_FILENO, out, !is_typed);
  return std::make_unique<TerminalDialog>(terminal, out, is_json ? stderr : stdout,
                                          invocation.project().folder() / kHistory);
}

RunWatch watch_on_terminal() {
  return [](const std::string& pipeline) {
    ProgressOptions options;
    if (Terminal(STDERR_FILENO).is_shown()) options.style = ProgressStyle::kLive;
    return std::make_unique<Progress>(options, pipeline);
  };
}

Answer guided_answer(const GuidedOutcome& outcome) {
  Answer answer;
  answer.exit_code = exit_code_of(outcome);
  answer.json = {{"status", word_of(outcome.end)}};
  if (!outcome.file.empty()) answer.json.update({{"file", outcome.file}, {"oml", outcome.text}});
  if (!outcome.compiled.is_null()) answer.json["compiled"] = outcome.compiled;
  if (!outcome.run.is_null()) answer.json["run"] = outcome.run;
  if (answer.exit_code != 0 && outcome.file.empty())
    answer.messages = "the conversation ended; nothing was written\n";
  return answer;
}

}  // namespace osiris::cli
