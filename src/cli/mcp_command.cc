#include <unistd.h>

#include "agent/mcp_selftest.h"
#include "agent/mcp_stdio.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "run/stop_signals.h"

namespace osiris::cli {

namespace {

mcp::World world_of(const Invocation& invocation) {
  return {[&invocation] { return invocation.open_project(); }, invocation.registry(), OSIRIS_VERSION,
          invocation.has("--share-samples")};
}

Answer self_test(const Invocation& invocation) {
  Answer answer;
  Json checks = Json::array();
  for (const mcp::SelfTestResult& result : mcp::run_self_test(world_of(invocation))) {
    const bool holds = result.flaw.empty();
    answer.text += cat(holds ? "ok      " : "failed  ", result.what, holds ? "" : ": ", result.flaw, "\n");
    checks.push_back({{"check", result.what}, {"ok", holds}, {"flaw", result.flaw}});
    if (!holds) answer.exit_code = 1;
  }
  answer.json = {{"ok", answer.exit_code == 0}, {"checks", checks}};
  return answer;
}

/// The protocol has the standard output for itself: whatever else prints there goes to the standard error.
class OwnOutput {
 public:
  OwnOutput() : descriptor_(::dup(STDOUT_FILENO)) {
    invariant(descriptor_.is_open() && ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0,
              "the system gives a descriptor");
  }
  OwnOutput(const OwnOutput&) = delete;
  OwnOutput& operator=(const OwnOutput&) = delete;
  ~OwnOutput() { ::dup2(descriptor(), STDOUT_FILENO); }
  int descriptor() const { return descriptor_.descriptor(); }

 private:
  Descriptor descriptor_;
};

Answer serve(const Invocation& invocation) {
  if (invocation.has("--selftest")) return self_test(invocation);
  if (invocation.is_json()) {
    throw Error(ErrorKind::kUser, "cli.usage", "the server's output is the protocol's, without --json",
                "osiris mcp --selftest --json");
  }
  invocation.open_project();  // a project that cannot be opened is refused before a client waits
  Answer answer;
  Cancellation stop;
  const StopSignals signals([&](int) { stop.cancel(); });
  const OwnOutput output;
  answer.must_leave_at_once = !mcp::serve(world_of(invocation), STDIN_FILENO, output.descriptor(), stop);
  constexpr int kSignalBase = 128;
  if (signals.received() != 0) answer.exit_code = kSignalBase + signals.received();
  return answer;
}

struct ClientConfig {
  std::string name, file;
  std::string key;  ///< under which the client keeps its servers
  bool says_type = false;
};

Answer print_clients(const Invocation& invocation) {
  const std::vector<ClientConfig> clients{
      {"Claude Desktop", "claude_desktop_config.json", "mcpServers"},
      {"Claude Code", ".mcp.json in the project", "mcpServers"},
      {"Cursor", ".cursor/mcp.json in the project", "mcpServers"},
      {"VS Code", ".vscode/mcp.json in the project", "servers", true},
  };
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const Json arguments{"mcp", "--project", invocation.project().folder().string()};
  Answer answer;
  answer.json = {{"clients", Json::array()}};
  for (const ClientConfig& client : clients) {
    Json server = Json::object();
    if (client.says_type) server["type"] = "stdio";
    server["command"] = program;
    server["args"] = arguments;
    const Json config{{client.key, {{"osiris", server}}}};
    answer.json["clients"].push_back({{"client", client.name}, {"file", client.file}, {"config", config}});
    answer.text += cat(client.name, ", ", client.file, ":\n", config.dump(2), "\n\n");
  }
  return answer;
}

}  // namespace

std::vector<Command> mcp_commands() {
  return {{"mcp",
           "",
           0,
           0,
           "Serve the tools to an assistant, by the Model Context Protocol over stdin and stdout",
           {{"osiris mcp", "for a client that starts it; osiris mcp clients prints its configuration"},
            {"osiris mcp --selftest", "try the server without a client"}},
           {{"--share-samples", "", "Let the assistant read masked rows of tables", {}},
            {"--selftest", "", "Talk to the server and say what works", {}}},
           serve},
          {"mcp clients",
           "",
           0,
           0,
           "Print the configuration of common clients",
           {{"osiris mcp clients", "to paste into their files"}},
           {},
           print_clients}};
}

}  // namespace osiris::cli
