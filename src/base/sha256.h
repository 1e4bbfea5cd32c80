#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace osiris {

/// SHA-256 over bytes that arrive in pieces. Source: FIPS 180-4, by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  /// 64 lower-case hex digits. Called once, last.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "sha256:" and 64 hex digits: the one spelling of a digest in files that users see.
std::string fingerprint(std::string_view bytes);
/// The same for a file's content. Errors: kUser "file.unreadable".
std::string file_fingerprint(const std::string& path);

}  // namespace osiris
