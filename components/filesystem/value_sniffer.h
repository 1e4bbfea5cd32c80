#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace osiris::filesystem {

/// Looks at texts of one column and says which declared type would read all of them, exactly.
class ValueSniffer {
 public:
  ValueSniffer();

  /// A text that is not NULL. `is_plain` says that it had no quotes and may be a word for NULL.
  void add(std::string_view text, bool is_plain);
  /// As the key `types` has it: "bigint", "decimal(18,2)", "date(%d.%m.%Y)"; "text" where nothing else fits,
  /// or where two readings do.
  std::string type() const;
  /// Words such as NULL and N/A that stood between values of the type.
  std::vector<std::string> null_words() const;
  /// Why it is text although a type fits: dates that can be read in two ways; or empty.
  std::string doubt() const;

 private:
  struct Candidate {
    std::string type;
    bool fits = true;
  };

  void add_number(std::string_view text);
  bool is_typed() const;

  std::vector<Candidate> formats_;  ///< of booleans, dates and times, the likeliest first
  bool is_integer_ = true, is_decimal_ = true, is_double_ = true, is_uuid_ = true, is_json_ = true;
  std::size_t whole_digits_ = 0, decimals_ = 0, count_ = 0;
  std::vector<std::string> null_words_;
};

}  // namespace osiris::filesystem
