#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// What times and timestamps count in.
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// Appends a value's text: of text encoding as it is, of native encoding by type and style.
/// kBytes appends the raw bytes. Requires: the value is not null.
///
/// Canonical text without a style: integers and decimals in full ("-0.50"), floats in the fewest digits
/// that read back the same ("0.1", "1e+20", "nan", "inf"), booleans true and false, dates 2024-02-29, times
/// 23:59:59.5, timestamps 2024-02-29 23:59:59.5, with zone "+00:00" after, intervals
/// "1 month 2 days 03:04:05.5", UUIDs in lower case with dashes. Years below 0 have " (BC)" after.
void append_value_text(std::string& out, const ColumnView& column, std::size_t row, const ColumnType& type);

/// The most bytes that print_native() writes: PrintStyle::zero_pad_width, a sign, a point and some room.
constexpr std::size_t kMaxPrintedBytes = 352;

/// Writes the text of a value of native encoding at `out`, as append_value_text() would, and returns its end.
/// Requires: kMaxPrintedBytes at `out`; not is_string(); the value is not null.
char* print_native(char* out, const ColumnView& column, std::size_t row, const ColumnType& type);

/// What became of a text that was to be a value.
enum class Parsed : std::uint8_t { kExact, kMalformed, kOutOfRange };

/// Reads one value into its native form at `value`, as NativeColumn does.
/// Requires: native_width(type) bytes at `value`; not is_string(); not a decimal over 38 digits.
Parsed parse_native(std::string_view text, const LogicalType& type, void* value);

/// Turns a column of text encoding into native encoding: exactly, or an error.
///
/// Shape:  the result has `row_count` values of native_width(type), nulls as in `column`.
/// Errors: kData "value.malformed" with the column's name and the row's number in the batch;
///         kData "value.out_of_range" when it does not fit the type.
/// A decimal over 38 digits has no native form; is_string() columns need no decoding.
class NativeColumn {
 public:
  NativeColumn(const ColumnView& column, std::size_t row_count, const ColumnType& type);
  NativeColumn(NativeColumn&&) = default;
  NativeColumn& operator=(NativeColumn&&) = default;

  const ColumnView& view() const { return view_; }

 private:
  std::string values_;
  ColumnView view_;
};

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Source: Hinnant, chrono-compatible
/// low-level date algorithms, days_from_civil.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);

}  // namespace osiris
