#include "format/json_text.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace osiris {

namespace {

constexpr std::size_t kHexDigits = 4;
/// Chosen: deeper than what people nest, and far from the end of a thread's stack.
constexpr int kMostDepth = 512;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// The character of an escape of one letter; 0 for any other.
char escaped_character(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return letter;
    default:
      return 0;
  }
}

/// Of "\u00e9…", the number; nothing where four digits are not there.
std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\u" || text.size() < at + 2 + kHexDigits) return std::nullopt;
  const char* const digits = text.data() + at + 2;
  std::uint32_t unit = 0;
  const auto [end, problem] = std::from_chars(digits, digits + kHexDigits, unit, 16);
  if (problem != std::errc() || end != digits + kHexDigits) return std::nullopt;
  return unit;
}

/// Reads values without keeping them.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool value(int depth) {
    if (at_ == text_.size() || depth > kMostDepth) return false;
    switch (text_[at_]) {
      case '{':
        return nested('}', depth, true);
      case '[':
        return nested(']', depth, false);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }
  bool string() {
    if (!take('"')) return false;
    for (; at_ < text_.size(); ++at_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') return ++at_, true;
      if (byte < 0x20) return false;
      if (byte != '\\') continue;
      const bool is_plain = at_ + 1 < text_.size() && escaped_character(text_[at_ + 1]) != 0;
      if (!is_plain && !unit_at(text_, at_)) return false;
      at_ += is_plain ? 1 : 1 + kHexDigits;
    }
    return false;
  }
  void spaces() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }
  bool take(char wanted) {
    const bool is_there = at_ < text_.size() && text_[at_] == wanted;
    at_ += is_there ? 1 : 0;
    return is_there;
  }

 private:
  bool nested(char end, int depth, bool has_keys) {
    ++at_;
    spaces();
    if (take(end)) return true;
    for (;;) {
      spaces();
      if (has_keys) {
        if (!string()) return false;
        spaces();
        if (!take(':')) return false;
        spaces();
      }
      if (!value(depth + 1)) return false;
      spaces();
      if (take(end)) return true;
      if (!take(',')) return false;
    }
  }
  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace

bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t end_of_json_value(std::string_view text, std::size_t at) {
  JsonScanner scanner(text, at);
  return scanner.value(0) ? scanner.at() : std::string_view::npos;
}

std::size_t end_of_json_string(std::string_view text, std::size_t at) {
  JsonScanner scanner(text, at);
  return scanner.string() ? scanner.at() : std::string_view::npos;
}

bool append_unescaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (const char plain = at + 1 < text.size() ? escaped_character(text[at + 1]) : 0) {
      out += plain;
      ++at;
      continue;
    }
    const auto unit = unit_at(text, at);
    if (!unit) return false;
    at += 1 + kHexDigits;
    if (*unit < 0xD800 || *unit > 0xDFFF) {
      append_utf8(out, *unit);
      continue;
    }
    const auto low = unit_at(text, at + 1);
    if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) return false;
    at += 2 + kHexDigits;
    append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00));
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out += text.substr(copied, at - copied);
    copied = at + 1;
    if (byte >= 0x20) {
      out += {'\\', text[at]};
    } else {
      out += "\\u00";
      out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  out += text.substr(copied);
  out += '"';
}

}  // namespace osiris
