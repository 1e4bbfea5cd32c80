#include "cli/remote_arguments.h"

#include <algorithm>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/local_sandboxes.h"

namespace osiris::cli {

namespace {

constexpr std::uint64_t kMiBPerGiB = 1024;

[[noreturn]] void refuse_option(const std::string& message, const std::string& hint) {
  throw Error(ErrorKind::kUser, "cli.usage", message, hint);
}

bool is_local(const Invocation& invocation) { return invocation.value("--sandbox") == "local"; }

void check_variable_name(const std::string& name, const std::string& option) {
  static constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const bool is_one = !name.empty() && name.find_first_not_of(kLetters) == std::string::npos &&
                      (name.front() < '0' || name.front() > '9');
  // The text may be a secret that was given in the wrong place.
  if (!is_one) refuse_option(cat(option, " has no name of a variable"), "as in --e2b-env NAME=VALUE");
}

/// Later ones win.
std::vector<remote::WorkerOrder::Variable> environment_of(const Invocation& invocation) {
  Environment given;
  for (const std::string& file : invocation.values("--e2b-env-from"))
    given.add_file(file, read_file(invocation.working_directory() / file));
  for (const std::string& name : invocation.values("--e2b-pass-env")) {
    check_variable_name(name, "--e2b-pass-env");
    given.set(name, {invocation.project().environment().value_of(name), "--e2b-pass-env"});
  }
  for (const std::string& pair : invocation.values("--e2b-env")) {
    const std::string name = pair.substr(0, pair.find('='));
    if (name.size() == pair.size()) refuse_option("--e2b-env has no value", "as in --e2b-env NAME=VALUE");
    check_variable_name(name, "--e2b-env");
    given.set(name, {Secret(pair.substr(name.size() + 1)), "--e2b-env"});
  }
  std::vector<remote::WorkerOrder::Variable> variables;
  for (const std::string& name : given.names_with_prefix("")) {
    const Environment::Variable* const variable = given.find(name);
    if (variable != nullptr) variables.push_back({name, variable->value, variable->origin});
  }
  return variables;
}

std::string sending_text(const Json& sends) {
  std::string text = cat("sends to a sandbox of ", sends["template"].get<std::string>(), "\n");
  for (const Json& part : sends["program"]) {
    text += cat("   program     ", part["file"].get<std::string>(), ", ",
                human_bytes(part["sent_bytes"].get<std::uint64_t>()), ", unless the template has it\n");
  }
  text += cat("   manifest    ", human_bytes(sends["manifest_bytes"].get<std::uint64_t>()), "\n");
  for (const Json& file : sends["files"]) {
    text += cat("   file        ", file["path"].get<std::string>(), ", ",
                human_bytes(file["size_bytes"].get<std::uint64_t>()), "\n");
  }
  for (const Json& connection : sends["connections"])
    text += cat("   connection  ", connection.get<std::string>(), "\n");
  for (const char* kind : {"variables", "environment"}) {
    for (const Json& name : sends[kind]) text += cat("   variable    ", name.get<std::string>(), "=***\n");
  }
  return text;
}

}  // namespace

const std::vector<Option>& sandbox_run_options() {
  static const std::vector<Option> kOptions{
      {"--e2b", "", "Run in an E2B sandbox", {}},
      {"--sandbox", "WHERE", "Run in a sandbox: e2b, or local, of a server for this run only", {}},
      {"--e2b-cpu", "N", "CPUs of the sandbox", {}},
      {"--e2b-mem", "GIB", "Memory of the sandbox", {}},
      {"--e2b-timeout", "SECONDS", "How long the run may take there", {}},
      {"--e2b-wait", "SECONDS", "How long to wait where the account has as many sandboxes as it may", {}},
      {"--e2b-install-deps", "", "Install packages that scripts miss, in the sandbox", {}},
      {"--e2b-template", "NAME", "The template that the sandbox is made of", {}},
      {"--e2b-env", "NAME=VALUE", "Give a variable to what runs there", {}, true},
      {"--e2b-env-from", "FILE", "Give the variables of a file to what runs there", {}, true},
      {"--e2b-pass-env", "NAME", "Give a variable of this environment to what runs there", {}, true}};
  return kOptions;
}

bool runs_in_sandbox(const Invocation& invocation) {
  if (const auto where = invocation.value("--sandbox"); where && *where != "local" && *where != "e2b")
    refuse_option(cat("--sandbox knows no such place: '", *where, "'"), "known: e2b, local");
  if (invocation.has("--e2b") || invocation.has("--sandbox")) return true;
  for (const Option& option : sandbox_run_options()) {
    if (invocation.has(option.name))
      refuse_option(cat(option.name, " is of a run in a sandbox"), "add --e2b");
  }
  return false;
}

std::optional<remote::E2bClient::Size> size_option(const Invocation& invocation, const std::string& cpu,
                                                   const std::string& memory) {
  const auto cpus = invocation.count(cpu), gib = invocation.count(memory);
  if (!cpus && !gib) return std::nullopt;
  const remote::E2bClient::Size size{cpus.value_or(2), kMiBPerGiB * gib.value_or(1)};
  if (size.cpu_count == 0 || size.memory_mb == 0)
    refuse_option("a sandbox needs a CPU and some memory", cat(cpu, " and ", memory, " are 1 or more"));
  return size;
}

remote::RemoteOptions remote_options(const Invocation& invocation, const RunOptions& options) {
  remote::RemoteOptions remote{.run = options};
  if (const auto name = invocation.value("--e2b-template")) {
    remote.template_name = *name;
  } else if (!is_local(invocation)) {
    remote.size = size_option(invocation, "--e2b-cpu", "--e2b-mem");
  }
  if (is_local(invocation)) remote.execution = "sandbox";
  remote.run.installs_packages = options.installs_packages || invocation.has("--e2b-install-deps");
  if (const auto seconds = invocation.count("--e2b-timeout")) remote.timeout = std::chrono::seconds(*seconds);
  if (const auto seconds = invocation.count("--e2b-wait")) remote.wait = std::chrono::seconds(*seconds);
  remote.environment = environment_of(invocation);
  return remote;
}

RunReport run_remotely(const Invocation& invocation, const LoadedManifest& loaded, const RunOptions& options,
                       RunObserver& observer) {
  const remote::RemoteOptions remote = remote_options(invocation, options);
  const Project& project = invocation.project();
  if (!is_local(invocation)) {
    const auto account = remote::E2bAccount::of(project.environment());
    return run_in_sandbox(loaded, project, invocation.registry(), remote, account, observer);
  }
  sandbox::Limits limits;
  // A server of one sandbox gives it its size itself.
  if (const auto size = size_option(invocation, "--e2b-cpu", "--e2b-mem"))
    limits = {.cpu_count = size->cpu_count,
              .memory_bytes = size->memory_mb << 20U,
              .disk_bytes = limits.disk_bytes};
  const LocalSandboxes sandboxes(limits);
  return run_in_sandbox(loaded, project, invocation.registry(), remote, sandboxes.account(), observer);
}

void add_sending(const Invocation& invocation, const LoadedManifest& loaded, const RunOptions& options,
                 Answer& answer) {
  const Json sends = describe_sending(loaded, invocation.project(), invocation.registry(),
                                      remote_options(invocation, options));
  answer.text += sending_text(sends);
  answer.json["sends"] = sends;
}

}  // namespace osiris::cli
