#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/type.h"

namespace osiris::filesystem {

/// How dates and times are written in a file, in the letters of strptime().
///
/// Knows %Y (four digits), %y (two; 69 to 99 are of the 1900s), %m, %d, %H, %I with %p, %M, %S, %f (decimals
/// of a second, at most six), %b and %B (English names of months), %z (Z, +0200, +02:00), %%. Where two
/// digits are meant, one will do. Everything else stands for itself. Source: POSIX, strptime(); %f as in
/// Python's datetime.
class DateFormat {
 public:
  /// Errors: kUser "config.invalid" for a letter that is not known or is missing for the type.
  DateFormat(std::string_view format, TypeId type);

  /// Microseconds since 1970-01-01, in UTC where there is a %z; nothing where the text is written otherwise
  /// or names no day of the calendar.
  std::optional<std::int64_t> parse(std::string_view text) const;

 private:
  struct Part {
    char letter;  ///< 0: `literal` itself
    char literal;
  };
  std::vector<Part> parts_;
};

}  // namespace osiris::filesystem
