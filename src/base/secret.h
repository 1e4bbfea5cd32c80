#pragma once

#include <ostream>
#include <string>

namespace osiris {

/// A value that must not leave the process by accident: it prints as ***, converts to nothing, and has
/// no serialiser. reveal() is the only way to the text, so every use can be found by that word.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }
  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  std::string value_;
};

/// Replaces every occurrence of the secret in an outside text (a server's message) by ***.
/// A secret shorter than four characters is left alone: it would garble ordinary words.
std::string without_secret(std::string text, const Secret& secret);

}  // namespace osiris
