#include "agent/error_page.h"
#include "base/text.h"
#include "cli/command.h"

namespace osiris::cli {

namespace {

Answer explain_code(const Invocation& invocation) {
  const ErrorCode& code = explain(invocation.arguments().front());
  Answer answer;
  answer.json = to_json(code);
  answer.text = cat(code.code, "  ", code.kind, "\n", code.meaning, "\n", code.remedy, "\n");
  return answer;
}

}  // namespace

std::vector<Command> explain_commands() {
  return {{"explain",
           "CODE",
           1,
           1,
           "Say what an error code means and what to do",
           {{"osiris explain connection.denied", "a code of --json, events.jsonl or a message"}},
           {},
           explain_code}};
}

}  // namespace osiris::cli
