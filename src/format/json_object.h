#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace osiris {

/// A member of a JSON object. Views are valid until the object's next text.
struct JsonMember {
  enum class Kind { kNull, kBoolean, kNumber, kString, kNested };

  std::string_view key;  ///< without escapes
  Kind kind = Kind::kNull;
  std::string_view raw;   ///< the value as it stands
  std::string_view text;  ///< of a string, what it says, without quotes and escapes; else `raw`
};

/// Reads JSON objects, one after the other, strictly and without loss: a number keeps its digits, a nested
/// value its spelling. No key may come twice. Source: RFC 8259.
class JsonObject {
 public:
  /// Reads a text that is one object, with spaces around at most, and lives as long as the members are used.
  /// Returns why it is none; empty where it is one.
  std::string_view read(std::string_view text);
  std::span<const JsonMember> members() const { return members_; }

 private:
  std::string_view read_member(std::string_view text, std::size_t& at);
  bool unescape(std::string_view quoted, std::string_view& text);
  bool has_key_twice();

  std::vector<JsonMember> members_;
  std::deque<std::string> unescaped_;  ///< strings that had escapes; grows in place
  std::size_t unescaped_count_ = 0;
  std::unordered_set<std::string_view> keys_;
};

}  // namespace osiris
