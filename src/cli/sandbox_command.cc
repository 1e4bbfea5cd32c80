#include <cstdlib>
#include <future>
#include <iostream>

#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/local_sandboxes.h"
#include "run/stop_signals.h"
#include "sandbox/isolation.h"
#include "sandbox/server.h"

namespace osiris::cli {

namespace {

constexpr std::uint64_t kDefaultPort = 3310;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Nothing where the user has given none.
std::optional<Secret> given_key(const Invocation& invocation) {
  std::string key = invocation.value("--api-key").value_or(variable("E2B_API_KEY"));
  if (const auto file = invocation.value("--api-key-file")) {
    key = trim(read_file(invocation.working_directory() / *file));
    if (key.empty())
      throw Error(ErrorKind::kUser, "cli.usage", cat("there is no key in the file: '", *file, "'"));
  }
  if (key.empty()) return std::nullopt;
  return Secret(key);
}

std::uint64_t size_option(const Invocation& invocation, const std::string& name, std::uint64_t otherwise) {
  const auto text = invocation.value(name);
  if (!text) return otherwise;
  const auto bytes = parse_size(*text);
  if (!bytes || *bytes == 0)
    throw Error(ErrorKind::kUser, "cli.usage", cat(name, " takes a size such as 512MiB, not '", *text, "'"));
  return *bytes;
}

std::uint64_t count_option(const Invocation& invocation, const std::string& name, std::uint64_t otherwise,
                           std::uint64_t least, std::uint64_t most) {
  const std::uint64_t count = invocation.count(name).value_or(otherwise);
  if (count < least || count > most)
    throw Error(ErrorKind::kUser, "cli.usage",
                cat(name, " is from ", least, " to ", most, ", not '", count, "'"));
  return count;
}

sandbox::Network network_option(const Invocation& invocation) {
  const std::string name = invocation.value("--network").value_or("allowed");
  if (name == "allowed") return sandbox::Network::kAllowed;
  if (name == "loopback") return sandbox::Network::kLoopback;
  if (name == "denied") return sandbox::Network::kDenied;
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("--network is allowed, loopback or denied, not '", name, "'"));
}

sandbox::ServerOptions server_options(const Invocation& invocation, const Secret& key) {
  constexpr std::uint64_t kMostPort = 65'535, kMostSandboxes = 10'000, kMostProcessors = 1024;
  sandbox::ServerOptions options = usual_server_options(key);
  options.port = static_cast<std::uint16_t>(count_option(invocation, "--port", kDefaultPort, 0, kMostPort));
  options.most_sandboxes = count_option(invocation, "--max", options.most_sandboxes, 1, kMostSandboxes);
  options.network = network_option(invocation);
  options.is_isolated = !invocation.has("--no-isolation");
  options.limits.cpu_count = count_option(invocation, "--cpus", options.limits.cpu_count, 1, kMostProcessors);
  options.limits.memory_bytes = size_option(invocation, "--memory", options.limits.memory_bytes);
  options.limits.disk_bytes = size_option(invocation, "--disk", options.limits.disk_bytes);
  if (const auto folder = invocation.value("--state"))
    options.state_root = invocation.working_directory() / *folder;
  if (const auto file = invocation.value("--chaos")) options.chaos = invocation.working_directory() / *file;
  return options;
}

/// What a person reads when the server has begun. The key is told only where nobody has it yet.
std::string greeting(const sandbox::Server& server, const Secret& key, bool is_new_key, bool is_isolated) {
  const std::string url = cat("http://127.0.0.1:", server.port());
  std::string text = cat("serving sandboxes at ", url, "\n", "isolation: ", server.isolation_text(), "\n");
  if (!is_isolated) text += "warning: nothing keeps what runs in these sandboxes from this machine\n";
  if (server.cleaned_count() > 0)
    text += cat("removed ", counted(server.cleaned_count(), "sandbox"), " of a server that was killed\n");
  text += "a client needs:\n";
  if (is_new_key) text += cat("export E2B_API_KEY=", key.reveal(), "\n");
  return text + cat("export E2B_API_URL=", url, " E2B_SANDBOX_URL=", url, "\n");
}

Answer serve_sandboxes(const Invocation& invocation) {
  std::promise<void> stop;
  std::once_flag once;
  StopSignals signals([&](int) { std::call_once(once, [&] { stop.set_value(); }); });

  const auto given = given_key(invocation);
  const Secret key = given ? *given : new_sandbox_key();
  const sandbox::ServerOptions options = server_options(invocation, key);
  const sandbox::Server server(options);
  // At once, for whoever waits for it; the one JSON document comes at the end.
  std::ostream& out = invocation.is_json() ? std::cerr : std::cout;
  out << greeting(server, key, !given, options.is_isolated) << std::flush;
  stop.get_future().wait();
  constexpr int kSignalBase = 128;
  Answer answer;
  answer.exit_code = kSignalBase + signals.received();
  answer.messages = "stopped; every sandbox has ended\n";
  answer.json = {{"port", server.port()}, {"isolation", server.isolation()}};
  return answer;
}

Answer check_sandboxes(const Invocation&) {
  sandbox::Launcher launcher;
  const auto isolation = sandbox::Isolation::by_containers(launcher, variable("PATH"));
  Answer answer;
  answer.json = isolation.facts();
  for (const auto& [name, value] : answer.json.items())
    answer.text += cat(name, ": ", value.get<std::string>(), "\n");
  return answer;
}

}  // namespace

std::vector<Command> sandbox_commands() {
  return {
      {"sandbox serve",
       "",
       0,
       0,
       "Serve sandboxes on this machine with E2B's API, for its SDKs",
       {{"osiris sandbox serve", "serves on port 3310, and prints what a client needs"},
        {"osiris sandbox serve --port 0 --max 4 --network denied",
         "takes a free port; at most four, without network"}},
       {{"--port", "N", "The port, 3310 by default; 0 takes a free one", {}},
        {"--api-key-file",
         "FILE",
         "The key that clients must have, instead of E2B_API_KEY; without one it is made",
         {}},
        {"--api-key",
         "KEY",
         "The key itself, for tests only: others on this machine can read a command line",
         {}},
        {"--max", "N", "How many sandboxes there may be at once, 20 by default", {}},
        {"--network",
         "HOW",
         "What of the network sandboxes get: allowed (the default), loopback or denied",
         {}},
        {"--cpus", "N", "Processors of a sandbox, 2 by default; a template may say otherwise", {}},
        {"--memory", "SIZE", "Memory of a sandbox, 512MiB by default; a template may say otherwise", {}},
        {"--disk", "SIZE", "Space of a sandbox's home, 2GiB by default; /tmp has half of that", {}},
        {"--state", "DIR", "Where the server keeps what it must clean up, instead of a folder in /tmp", {}},
        {"--no-isolation",
         "",
         "Run plain processes where no containers can be made: nothing is kept from them",
         {}},
        {"--chaos", "FILE", "Make the faults that the file names, for tests", {}}},
       serve_sandboxes},
      {"sandbox doctor",
       "",
       0,
       0,
       "Say what keeps sandboxes apart on this machine, and what holds their limits",
       {{"osiris sandbox doctor", "tries a container"}},
       {},
       check_sandboxes}};
}

}  // namespace osiris::cli
