#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/secret.h"
#include "sandbox/limits.h"
#include "sandbox/seccomp_filter.h"

namespace osiris::sandbox {

struct ServerOptions {
  std::uint16_t port = 0;  ///< 0: a free one
  Secret key;
  std::size_t most_sandboxes = 20;
  Network network = Network::kAllowed;
  bool is_isolated = true;
  Limits limits;                     ///< of the template "base"
  std::filesystem::path state_root;  ///< where running servers have their folders
  std::filesystem::path program;     ///< this program
  std::string search_path;           ///< PATH
  std::optional<std::filesystem::path> chaos;
  /// Called with a line where a sandbox ended that nobody had ended; by any thread.
  std::function<void(const std::string&)> tell;
};

/// A running server of sandboxes. It stops with the object, and every sandbox with it.
class Server {
 public:
  /// Errors: kUser "sandbox.no_isolation", "sandbox.cannot_listen", "sandbox.unsafe_folder",
  /// "sandbox.bad_chaos".
  explicit Server(const ServerOptions& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port() const;
  /// What keeps the sandboxes apart and holds their limits: as JSON of one level, and in a line.
  Json isolation() const;
  std::string isolation_text() const;
  /// How many sandboxes of killed servers were removed.
  std::size_t cleaned_count() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace osiris::sandbox
