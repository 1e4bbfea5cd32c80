#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osiris {

/// One value of an object: a string without its escapes, a number or a boolean as it stands, nothing for
/// null.
using JsonCell = std::optional<std::string_view>;

/// Reads a JSON array of flat objects whose keys are known, the shape in which web services give rows: each
/// value a string, a number, a boolean or null. Faster than a reader of all JSON, and exact: a number keeps
/// its digits.
class JsonRows {
 public:
  /// `text` must outlive it; keys that are not among the names are passed over.
  JsonRows(std::string_view text, std::vector<std::string> names);

  /// The values of the next object, in the order of the names, absent ones as null; nothing after the last.
  /// They live until the next call. Errors: kData "json.malformed" with the byte.
  const std::vector<JsonCell>* next();

 private:
  [[noreturn]] void refuse() const;
  void skip_spaces();
  bool take(char wanted);
  void expect(char wanted);
  std::string_view take_string();
  JsonCell take_value();
  std::size_t index_of(std::string_view key) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> names_;
  std::vector<JsonCell> cells_;
  std::deque<std::string> unescaped_;  ///< a row's strings that had escapes; grows in place
  std::size_t unescaped_count_ = 0;
  bool is_begun_ = false, is_over_ = false;
};

}  // namespace osiris
