#include "agent/aiop.h"
#include "cli/command.h"
#include "cli/session_argument.h"

namespace osiris::cli {

namespace {

Answer print_package(const Invocation& invocation) {
  Answer answer;
  answer.json = session_package(named_or_newest_session(invocation));
  answer.text = answer.json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return answer;
}

}  // namespace

std::vector<Command> log_package_commands() {
  return {{"logs aiop",
           "[--session ID]",
           0,
           1,
           "Print a run as one bounded JSON package for a language model",
           {{"osiris logs aiop --session run_1234567890", "what ran, how, evidence, errors"},
            {"osiris logs aiop", "of the newest run"}},
           {session_option("The session; without it the newest run")},
           print_package}};
}

}  // namespace osiris::cli
