#include "cli/command.h"
#include "remote/worker.h"

namespace osiris::cli {

std::vector<Command> worker_commands() {
  return {{.name = "worker",
           .arguments = "",
           .summary = "Run what a host orders on standard input, inside a sandbox",
           .examples = {},
           .options = {},
           .run =
               [](const Invocation& invocation) {
                 Answer answer;
                 answer.exit_code = remote::run_worker(invocation.registry());
                 answer.must_leave_at_once = true;  // a thread waits for the host's next word
                 return answer;
               },
           .is_hidden = true}};
}

}  // namespace osiris::cli
