#include "format/json_rows.h"

#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr std::size_t kHexDigits = 4;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

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

}  // namespace

JsonRows::JsonRows(std::string_view text, std::vector<std::string> names)
    : text_(text), names_(std::move(names)), cells_(names_.size()) {}

const std::vector<JsonCell>* JsonRows::next() {
  if (is_over_) return nullptr;
  skip_spaces();
  const bool is_first = !std::exchange(is_begun_, true);
  if (is_first) {
    expect('[');
    skip_spaces();
  }
  is_over_ = take(']');
  if (is_over_) return nullptr;
  if (!is_first) {
    expect(',');
    skip_spaces();
  }
  cells_.assign(names_.size(), std::nullopt);
  unescaped_count_ = 0;
  expect('{');
  skip_spaces();
  if (take('}')) return &cells_;
  do {
    skip_spaces();
    const std::size_t index = index_of(take_string());
    skip_spaces();
    expect(':');
    skip_spaces();
    const JsonCell value = take_value();
    if (index < cells_.size()) cells_[index] = value;
    skip_spaces();
  } while (take(','));
  expect('}');
  return &cells_;
}

void JsonRows::refuse() const {
  throw Error(ErrorKind::kData, "json.malformed", cat("not the JSON of rows, from byte ", at_ + 1),
              "see what answers at this address");
}

void JsonRows::skip_spaces() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonRows::take(char wanted) {
  const bool is_there = at_ < text_.size() && text_[at_] == wanted;
  at_ += is_there ? 1 : 0;
  return is_there;
}

void JsonRows::expect(char wanted) {
  if (!take(wanted)) refuse();
}

std::string_view JsonRows::take_string() {
  expect('"');
  const std::size_t begin = at_;
  bool has_escapes = false;
  for (;; ++at_) {
    if (at_ >= text_.size()) refuse();
    if (text_[at_] == '"') break;
    if (text_[at_] != '\\') continue;
    has_escapes = true;
    ++at_;
  }
  const std::string_view raw = text_.substr(begin, at_++ - begin);
  if (!has_escapes) return raw;
  if (unescaped_count_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& out = unescaped_[unescaped_count_++];
  out.clear();
  unescape(raw, out);
  return out;
}

void JsonRows::unescape(std::string_view text, std::string& out) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (const char plain = escaped_character(text[at + 1])) {
      out += plain;
      ++at;
      continue;
    }
    const auto unit = unit_at(text, at);
    if (!unit) refuse();
    at += 1 + kHexDigits;
    if (*unit < 0xD800 || *unit > 0xDFFF) {
      append_utf8(out, *unit);
      continue;
    }
    const auto low = unit_at(text, at + 1);
    if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) refuse();
    at += 2 + kHexDigits;
    append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00));
  }
}

JsonCell JsonRows::take_value() {
  if (at_ < text_.size() && text_[at_] == '"') return take_string();
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && !is_space(text_[at_])) ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word == "null") return std::nullopt;
  const bool is_number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
  if (!is_number && word != "true" && word != "false") refuse();
  return word;
}

std::size_t JsonRows::index_of(std::string_view key) const {
  for (std::size_t index = 0; index < names_.size(); ++index) {
    if (names_[index] == key) return index;
  }
  return names_.size();
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
