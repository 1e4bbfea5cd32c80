#include "format/json_rows.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "format/json_text.h"

namespace osiris {

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
  while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
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
  if (!append_unescaped(out, raw)) refuse();
  return out;
}

JsonCell JsonRows::take_value() {
  if (at_ < text_.size() && text_[at_] == '"') return take_string();
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && !is_json_space(text_[at_])) ++at_;
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

}  // namespace osiris
