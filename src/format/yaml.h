#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace osiris::yaml {

/// A value of a YAML document with the place where it stands. Plain scalars have YAML 1.2 core types
/// (yes, no, on and off are text); quoted ones are text.
struct Node {
  enum class Kind { kNull, kBoolean, kInteger, kNumber, kText, kSequence, kMap };

  struct Entry;

  Kind kind = Kind::kNull;
  std::string text;  ///< a scalar's text as written, quotes removed
  bool is_quoted = false;
  std::vector<Node> items;     ///< of a sequence
  std::vector<Entry> entries;  ///< of a map, in order
  int line = 0, column = 0;    ///< start at 1

  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_text() const { return kind == Kind::kText; }
  bool is_scalar() const { return !is_map() && !is_sequence(); }
  /// The value of a key, or null.
  const Node* find(std::string_view key) const;
  const Entry* find_entry(std::string_view key) const;
  /// Integers beyond 64 bits and numbers that would lose digits stay text.
  Json to_json() const;
};

struct Node::Entry {
  std::string key;
  int line = 0, column = 0;  ///< of the key
  Node value;
};

/// "a map", "a list", "text", "an integer", …: for messages.
std::string_view describe(Node::Kind kind);

/// Reads one document. Errors: kUser "yaml.syntax", "yaml.duplicate_key", "yaml.too_deep",
/// "yaml.too_large" (aliases that unfold beyond 1,000,000 nodes), "yaml.invalid_utf8", each with its place in
/// `file`.
Node parse(std::string_view text, const std::string& file);

/// The types of a plain scalar of the YAML 1.2 core schema.
Node::Kind scalar_kind(std::string_view plain);

/// Prints block YAML that parse() reads back as the same value: keys in their order, every text that
/// could be read as something else in double quotes, no anchors, LF. Equal values have equal bytes.
std::string print(const Json& value);

}  // namespace osiris::yaml
