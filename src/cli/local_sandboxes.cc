#include "cli/local_sandboxes.h"

#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"
#include "run/stop_signals.h"
#include "sandbox/random_text.h"

namespace osiris::cli {

sandbox::ServerOptions usual_server_options(const Secret& key) {
  sandbox::ServerOptions options;
  options.key = key;
  options.state_root = fs::temp_directory_path() / cat("osiris-sandboxes-", ::geteuid());
  options.program = fs::read_symlink("/proc/self/exe");
  const char* const path = std::getenv("PATH");
  options.search_path = path == nullptr ? "" : path;
  options.tell = [](const std::string& line) { std::cerr << cat(line, "\n"); };
  return options;
}

Secret new_sandbox_key() {
  constexpr std::size_t kKeyDigits = 40;
  return Secret("e2b_" + sandbox::random_hex(kKeyDigits));
}

sandbox::ServerOptions LocalSandboxes::options(const Secret& key, const sandbox::Limits& limits) {
  StopSignals::block();
  sandbox::ServerOptions options = usual_server_options(key);
  options.most_sandboxes = 1;
  options.limits = limits;
  return options;
}

LocalSandboxes::LocalSandboxes(const sandbox::Limits& limits)
    : key_(new_sandbox_key()), server_(options(key_, limits)) {
  account_.api_key = key_;
  account_.api_url = cat("http://127.0.0.1:", server_.port());
  account_.sandbox_url = account_.api_url;
}

}  // namespace osiris::cli
