#include "format/json_object.h"

#include "base/text.h"
#include "format/json_text.h"

namespace osiris {

namespace {

constexpr std::string_view kMalformed = "it is not the JSON of an object";

std::size_t after_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_json_space(text[at])) ++at;
  return at;
}

bool take(std::string_view text, std::size_t& at, char wanted) {
  if (at == text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

JsonMember::Kind kind_of(char first) {
  switch (first) {
    case 'n':
      return JsonMember::Kind::kNull;
    case 't':
    case 'f':
      return JsonMember::Kind::kBoolean;
    case '"':
      return JsonMember::Kind::kString;
    case '{':
    case '[':
      return JsonMember::Kind::kNested;
    default:
      return JsonMember::Kind::kNumber;
  }
}

}  // namespace

std::string_view JsonObject::read(std::string_view text) {
  members_.clear();
  unescaped_count_ = 0;
  if (!is_valid_utf8(text)) return "the bytes are not UTF-8";
  std::size_t at = after_spaces(text, 0);
  if (!take(text, at, '{')) return kMalformed;
  at = after_spaces(text, at);
  if (!take(text, at, '}')) {
    do {
      if (const std::string_view problem = read_member(text, at); !problem.empty()) return problem;
    } while (take(text, at, ','));
    if (!take(text, at, '}')) return kMalformed;
  }
  if (after_spaces(text, at) != text.size()) return "text after the end of the object";
  return has_key_twice() ? "a key comes twice" : "";
}

/// Reads `"key": value` and the spaces around.
std::string_view JsonObject::read_member(std::string_view text, std::size_t& at) {
  JsonMember member;
  at = after_spaces(text, at);
  const std::size_t key_end = end_of_json_string(text, at);
  if (key_end == std::string_view::npos) return kMalformed;
  if (!unescape(text.substr(at, key_end - at), member.key)) return "half a surrogate pair";
  at = after_spaces(text, key_end);
  if (!take(text, at, ':')) return kMalformed;
  at = after_spaces(text, at);
  const std::size_t end = end_of_json_value(text, at);
  if (end == std::string_view::npos) return kMalformed;
  member.raw = member.text = text.substr(at, end - at);
  member.kind = kind_of(member.raw[0]);
  if (member.kind == JsonMember::Kind::kString && !unescape(member.raw, member.text)) {
    return "half a surrogate pair";
  }
  members_.push_back(member);
  at = after_spaces(text, end);
  return {};
}

bool JsonObject::unescape(std::string_view quoted, std::string_view& text) {
  text = quoted.substr(1, quoted.size() - 2);
  if (text.find('\\') == std::string_view::npos) return true;
  if (unescaped_count_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& out = unescaped_[unescaped_count_++];
  out.clear();
  const bool is_well_formed = append_unescaped(out, text);
  text = out;
  return is_well_formed;
}

bool JsonObject::has_key_twice() {
  constexpr std::size_t kFew = 16;
  if (members_.size() <= kFew) {
    for (std::size_t later = 1; later < members_.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (members_[earlier].key == members_[later].key) return true;
      }
    }
    return false;
  }
  keys_.clear();
  for (const JsonMember& member : members_) {
    if (!keys_.insert(member.key).second) return true;
  }
  return false;
}

}  // namespace osiris
