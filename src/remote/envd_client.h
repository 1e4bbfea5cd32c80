#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "net/http_client.h"
#include "remote/e2b_client.h"

namespace osiris::remote {

/// What runs in a sandbox and serves files and processes there. Single-threaded.
/// Source: github.com/e2b-dev/infra, packages/envd, its OpenAPI and protobuf files; connectrpc.com.
class EnvdClient {
 public:
  struct Command {
    std::string program;
    std::vector<std::string> arguments;
    std::string folder;
  };
  /// What a process says. A stream that ends without kEnded was cut.
  struct Output {
    enum class Kind { kStarted, kStdout, kStderr, kEnded } kind = Kind::kStdout;
    std::string bytes{};    ///< kStdout, kStderr
    std::uint64_t pid = 0;  ///< kStarted
    int exit_code = 0;      ///< kEnded
    std::string status{};   ///< kEnded: "exit status 1", "signal: killed"
  };
  using TakeOutput = std::function<void(const Output&)>;

  EnvdClient(const SandboxAddress& address, Cancellation& cancellation);

  /// Errors of all: kConnection "remote.gone", "remote.unavailable", "remote.refused", those of HttpClient.
  enum class Encoding { kNone, kGzip };  ///< kGzip: the sandbox unpacks the content
  void write(const std::string& path, std::string_view content, Encoding encoding = Encoding::kNone);
  /// Several files in one request. Requires: can_go_together() of each path.
  void write_together(const std::vector<std::pair<std::string, std::string_view>>& files);
  static bool can_go_together(const std::string& path);
  /// The file's bytes from an offset on; nothing where there are none, or no file.
  std::string read(const std::string& path, std::uint64_t offset);
  /// Fetches a file; a cut is resumed where it was. Returns the fingerprint of what came.
  /// Shape: `expected` bytes have their room before the first comes; 0 where nobody knows how many.
  std::string download(const std::string& path, const std::filesystem::path& target, std::uint64_t expected);

  /// Runs a command and hands over what it says until it ends. Returns whether its end was heard.
  bool start(const Command& command, const TakeOutput& take);
  /// The same of a process that runs already.
  bool connect(std::uint64_t pid, const TakeOutput& take);
  void send_input(std::uint64_t pid, std::string_view bytes);
  /// Opens the connection that the next request takes. Says nothing of what is wrong: that request will.
  void open_connection();

 private:
  HttpRequest request(const std::string& method, const std::string& path) const;
  bool stream(const std::string& method, const Json& message, const TakeOutput& take);
  void call(const std::string& method, const Json& message);
  [[noreturn]] void refuse(const HttpResponse& response) const;

  const SandboxAddress& address_;
  Cancellation& cancellation_;
  HttpClient http_;
};

}  // namespace osiris::remote
