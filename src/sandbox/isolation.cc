#include "sandbox/isolation.h"

#include <fstream>

#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/container.h"

namespace osiris::sandbox {

namespace {

/// Below what systemd and containers use, and above what people have. Source: systemd's UIDS-GIDS page.
constexpr uid_t kFirstUser = 1'900'000'000;
constexpr std::size_t kUsers = 65'536;

std::filesystem::path program_in(const std::string& search_path, const std::string& name) {
  for (const std::string& folder : split(search_path, ':')) {
    const fs::path path = fs::path(folder) / name;
    if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

/// Whether this process may become the users that sandboxes get; in a container of its own, few exist.
bool has_users() {
  if (::geteuid() != 0) return false;
  std::ifstream map("/proc/self/uid_map");
  for (std::uint64_t inside = 0, outside = 0, count = 0; map >> inside >> outside >> count;) {
    if (inside <= kFirstUser && kFirstUser + kUsers <= inside + count) return true;
  }
  return false;
}

/// What went wrong with a container that does nothing; empty where it works.
std::string trial_failure(const Isolation& isolation, Launcher& launcher) {
  constexpr std::chrono::seconds kPatience{10};
  ContainerPlan plan;
  plan.name = cat("osiris-trial-", ::getpid());
  plan.network = Network::kDenied;
  plan.folder = "/home/user";
  // Only the right shell finds its user and its home.
  plan.command = {"/bin/bash", "-lc", "test -w /home/user && test ! -w / && id -un"};
  plan.environment = {"PATH=/usr/bin:/bin", "HOME=/home/user"};
  Container container(isolation, launcher, plan);
  if (!container.wait(kPatience)) return "the container did not end";
  const std::string words = container.words();
  return words == "user" ? "" : words;
}

}  // namespace

Isolation Isolation::by_containers(Launcher& launcher, const std::string& search_path) {
  const std::string hint =
      "install bubblewrap and allow user namespaces, or say --no-isolation: docs/sandbox.md";
  Isolation isolation;
  isolation.bubblewrap_ = program_in(search_path, "bwrap");
  if (!isolation.is_container())
    throw Error(ErrorKind::kUser, "sandbox.no_isolation",
                "there is no program to make containers with: 'bwrap'", hint);
  isolation.groups_ = ControlGroups::found();
  if (has_users()) isolation.first_user_ = kFirstUser;
  std::string failure = trial_failure(isolation, launcher);
  if (!failure.empty() && isolation.first_user_) {
    // Root in a container of somebody else's may be all but powerless.
    isolation.first_user_.reset();
    failure = trial_failure(isolation, launcher);
  }
  if (!failure.empty())
    throw Error(ErrorKind::kUser, "sandbox.no_isolation",
                cat("no container can be made here: '", failure, "'"), hint);
  return isolation;
}

Isolation Isolation::by_folders() {
  Isolation isolation;
  isolation.groups_ = ControlGroups::found();
  return isolation;
}

std::optional<uid_t> Isolation::user(std::size_t slot) const {
  if (!first_user_) return std::nullopt;
  return *first_user_ + static_cast<uid_t>(slot % kUsers);
}

Json Isolation::facts() const {
  const auto held = [this](const char* controller, const char* otherwise) {
    return groups_.has(controller) ? groups_.name(controller) : std::string(otherwise);
  };
  return {
      {"container", is_container() ? "bubblewrap" : "none"},
      {"user", first_user_ ? "one for each sandbox" : "the server's"},
      {"memory", held("memory", "rlimit, for each process")},
      {"cpu", held("cpu", "affinity")},
      {"processes", held("pids", is_container() ? "rlimit" : "none")},
      {"disk", is_container() ? "tmpfs" : "none"},
      {"pause", groups_.has("freezer") ? cat("freezer of ", groups_.name("freezer")) : std::string("none")}};
}

std::string Isolation::text() const {
  const Json all = facts();
  std::string text;
  for (const auto& [name, value] : all.items())
    text += cat(text.empty() ? "" : ", ", name, ": ", value.get<std::string>());
  return text;
}

}  // namespace osiris::sandbox
