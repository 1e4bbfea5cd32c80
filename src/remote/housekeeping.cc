#include "remote/housekeeping.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "remote/envd_client.h"
#include "remote/worker_start.h"

namespace osiris::remote {

namespace {

constexpr const char* kPidKey = "osiris.pid";
constexpr const char* kBootKey = "osiris.boot";

/// Metadata is encoded several times on its way; these letters come through all of it.
std::string plain_letters(std::string text) {
  for (char& letter : text) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
    if (!is_plain) letter = '-';
  }
  return text;
}

std::string host_word() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return plain_letters(host);
}

/// What process numbers mean: the machine since it was started, and the namespace in it.
std::string boot_word() {
  std::error_code none;
  const std::string space = fs::read_symlink("/proc/self/ns/pid", none).string();
  constexpr std::size_t kDigits = 16;
  return fingerprint(read_file_if_exists("/proc/sys/kernel/random/boot_id").value_or("") + space)
      .substr(std::string_view("sha256:").size(), kDigits);
}

std::string value_in(const std::map<std::string, std::string>& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

/// Deletes a sandbox when it goes.
class TriedSandbox {
 public:
  TriedSandbox(E2bClient& client, std::string id) : client_(client), id_(std::move(id)) {}
  TriedSandbox(const TriedSandbox&) = delete;
  TriedSandbox& operator=(const TriedSandbox&) = delete;
  ~TriedSandbox() {
    try {
      client_.kill(id_);
    } catch (const Error&) {
      // It ends by itself in a minute.
    }
  }

 private:
  E2bClient& client_;
  std::string id_;
};

}  // namespace

std::map<std::string, std::string> metadata_of_run(const std::string& session_id) {
  return {{kRunKey, session_id},
          {kHostKey, host_word()},
          {kPidKey, std::to_string(::getpid())},
          {kBootKey, boot_word()},
          {kStartedKey, std::to_string(now_ms())}};
}

bool is_abandoned(const E2bClient::Facts& sandbox) {
  if (value_in(sandbox.metadata, kHostKey) != host_word() ||
      value_in(sandbox.metadata, kBootKey) != boot_word())
    return false;
  const auto pid = parse_integer(value_in(sandbox.metadata, kPidKey));
  return pid && *pid > 0 && ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

std::vector<E2bClient::Facts> sandboxes_of_runs(E2bClient& client) {
  std::vector<E2bClient::Facts> found = client.list({});
  std::erase_if(found, [](const E2bClient::Facts& facts) { return !facts.metadata.contains(kRunKey); });
  return found;
}

std::vector<std::pair<std::string, std::string>> examine_account(const E2bAccount& account,
                                                                 Cancellation& cancellation) {
  std::vector<std::pair<std::string, std::string>> found{{"api", account.api_url}};
  auto elapsed = [begin = steady_us()]() mutable {
    const std::int64_t before = std::exchange(begin, steady_us());
    return human_duration((begin - before) / 1000);
  };
  E2bClient client(account, cancellation);
  const std::size_t count = client.list({}).size();
  found.emplace_back("key", cat("accepted in ", elapsed()));
  found.emplace_back("sandboxes now", std::to_string(count));
  constexpr std::chrono::seconds kLifetime{60};
  auto metadata = metadata_of_run("doctor");
  const SandboxAddress address = client.create({.lifetime = kLifetime, .metadata = std::move(metadata)});
  const TriedSandbox sandbox(client, address.id);
  found.emplace_back("a sandbox", cat("made in ", elapsed()));
  const E2bClient::Facts facts = client.facts(address.id);
  found.emplace_back("its size", cat(counted(facts.cpu_count, "CPU"), ", ", facts.memory_mb, " MiB"));
  found.emplace_back("its envd", address.envd_version);
  EnvdClient envd(address, cancellation);
  elapsed();
  std::string words;
  int exit_code = 0;
  // A program that is not there: what is wrong with the system is said before that.
  envd.start(worker_command(std::string(64, '0'), false), [&](const EnvdClient::Output& output) {
    if (output.kind == EnvdClient::Output::Kind::kStderr) words += output.bytes;
    if (output.kind == EnvdClient::Output::Kind::kEnded) exit_code = output.exit_code;
  });
  if (exit_code != kProgramNotThere) {
    throw Error(ErrorKind::kConnection, "remote.old_system",
                cat("the sandbox's system cannot run this program: '", trim(words), "'"),
                "take a template whose system has glibc 2.36 or newer, as Debian 12 or Ubuntu 24.04");
  }
  found.emplace_back("a command there", cat("answered in ", elapsed()));
  return found;
}

}  // namespace osiris::remote
