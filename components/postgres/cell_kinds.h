// The kinds of values that the server takes. Each is a struct of static functions, so that the encoder puts
// reading and writing of a cell together once a column and calls one function a cell:
//
//   Value           what a cell holds between reading and writing
//   parse()         reads a text; other functions read native forms
//   binary_room()   the most bytes that put_binary() writes; put_text() likewise
//   put_binary()    writes the payload of COPY's binary format and returns its end
//   put_text()      writes what COPY's text format has in a field
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "postgres/cell_text.h"
#include "postgres/copy_buffer.h"
#include "table/type.h"
#include "table/wide_integer.h"

namespace osiris::postgres {

/// What a cell's value must keep to; decided once a column.
struct CellBounds {
  bool may_round = false;             ///< the user allows this column to lose a part
  std::uint64_t most_characters = 0;  ///< of a text; 0: any
  std::int64_t fraction_unit = 1;     ///< microseconds that a time is a multiple of
  bool has_precision = false;         ///< numeric(precision,scale)
  int precision = 0, scale = 0;
  unsigned source_scale = 0;  ///< of a native decimal
  Uint128 scaled_limit = 0;   ///< a native decimal must stay below; 0: any
  Uint128 scaled_unit = 1;    ///< a native decimal must be a multiple of
};

constexpr std::size_t kShortText = 64;  ///< room for every value of fixed width in text

template <typename T>
struct IntegerKind {
  using Value = T;

  static Fit parse(const CellBounds&, std::string_view text, T& value) {
    std::int64_t wide = 0;
    const Fit fit = parse_whole_number(text, wide);
    value = static_cast<T>(wide);
    return value == wide || fit > Fit::kInexact ? fit : Fit::kOutOfRange;
  }
  template <typename S>
  static Fit from_integer(const CellBounds&, const S& source, T& value) {
    value = static_cast<T>(source);
    return std::in_range<T>(source) ? Fit::kFits : Fit::kOutOfRange;
  }

  static std::size_t binary_room(T) { return sizeof(T); }
  static char* put_binary(char* out, T value) { return put_big_endian(out, value); }
  static std::size_t text_room(T) { return kShortText; }
  static char* put_text(char* out, T value) { return std::to_chars(out, out + kShortText, value).ptr; }
};

template <typename T>
struct FloatKind {
  using Value = T;

  static Fit parse(const CellBounds&, std::string_view text, T& value) { return parse_float(text, value); }
  template <typename S>
  static Fit from_float(const CellBounds&, const S& source, T& value) {
    value = static_cast<T>(source);
    if (std::isinf(value) && !std::isinf(source)) return Fit::kOutOfRange;
    return value == source || std::isnan(source) ? Fit::kFits : Fit::kInexact;
  }
  template <typename S>
  static Fit from_integer(const CellBounds&, const S& source, T& value) {
    value = static_cast<T>(source);
    return static_cast<Int128>(value) == static_cast<Int128>(source) ? Fit::kFits : Fit::kInexact;
  }

  static std::size_t binary_room(T) { return sizeof(T); }
  static char* put_binary(char* out, T value) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    return put_big_endian(out, std::bit_cast<Bits>(value));
  }
  static std::size_t text_room(T) { return kShortText; }
  static char* put_text(char* out, T value) { return std::to_chars(out, out + kShortText, value).ptr; }
};

struct BooleanKind {
  using Value = bool;

  static Fit parse(const CellBounds&, std::string_view text, bool& value) {
    return parse_boolean(text, value);
  }
  template <typename S>
  static Fit from_integer(const CellBounds&, const S& source, bool& value) {
    value = source == 1;
    return value || source == 0 ? Fit::kFits : Fit::kOutOfRange;
  }

  static std::size_t binary_room(bool) { return 1; }
  static char* put_binary(char* out, bool value) {
    *out = value ? '\1' : '\0';
    return out + 1;
  }
  static std::size_t text_room(bool) { return 1; }
  static char* put_text(char* out, bool value) {
    *out = value ? 't' : 'f';
    return out + 1;
  }
};

/// A numeric out of a text, in groups of four decimal digits.
/// Source: PostgreSQL 15, src/backend/utils/adt/numeric.c, numeric_recv().
struct NumericKind {
  struct Value {
    DecimalText number;
    std::string plain;  ///< what `number` refers to, where the text had an exponent
  };

  static Fit parse(const CellBounds& bounds, std::string_view text, Value& value);
  static std::size_t binary_room(const Value& value) {
    return 32 + value.number.whole.size() + value.number.fraction.size();
  }
  static char* put_binary(char* out, const Value& value);
  static std::size_t text_room(const Value& value) { return binary_room(value); }
  static char* put_text(char* out, const Value& value);
};

/// A numeric out of a native integer or decimal.
struct ScaledKind {
  struct Value {
    Uint128 magnitude = 0;
    bool is_negative = false;
    unsigned scale = 0;
  };

  template <typename S>
  static Fit from_scaled(const CellBounds& bounds, const S& source, Value& value) {
    value.is_negative = source < 0;
    const auto bits = static_cast<Uint128>(source);
    value.magnitude = value.is_negative ? 0 - bits : bits;
    value.scale = bounds.source_scale;
    if (bounds.scaled_limit != 0 && value.magnitude >= bounds.scaled_limit) return Fit::kOutOfRange;
    const bool is_exact = bounds.scaled_unit == 1 || value.magnitude % bounds.scaled_unit == 0;
    return is_exact ? Fit::kFits : Fit::kInexact;
  }
  static Fit from_hugeint(const CellBounds& bounds, const Hugeint& source, Value& value) {
    return from_scaled(bounds, to_int128(source), value);
  }

  static std::size_t binary_room(const Value&) { return kShortText; }
  static char* put_binary(char* out, const Value& value);
  static std::size_t text_room(const Value&) { return kShortText; }
  static char* put_text(char* out, const Value& value);
};

struct DateKind {
  using Value = std::int32_t;  ///< days since 1970

  /// Takes a timestamp too: its day, exact where it is midnight.
  static Fit parse(const CellBounds& bounds, std::string_view text, std::int32_t& days);
  static Fit from_days(const CellBounds& bounds, const std::int32_t& source, std::int32_t& days);
  static Fit from_micros(const CellBounds& bounds, const std::int64_t& source, std::int32_t& days);

  static std::size_t binary_room(std::int32_t) { return sizeof(std::int32_t); }
  static char* put_binary(char* out, std::int32_t days);
  static std::size_t text_room(std::int32_t) { return kShortText; }
  static char* put_text(char* out, std::int32_t days);
};

struct TimeKind {
  using Value = std::int64_t;  ///< microseconds since midnight

  static Fit parse(const CellBounds& bounds, std::string_view text, std::int64_t& micros);
  static Fit from_micros(const CellBounds& bounds, const std::int64_t& source, std::int64_t& micros);
  static Fit from_interval(const CellBounds& bounds, const Interval& source, std::int64_t& micros);

  static std::size_t binary_room(std::int64_t) { return sizeof(std::int64_t); }
  static char* put_binary(char* out, std::int64_t micros) { return put_big_endian(out, micros); }
  static std::size_t text_room(std::int64_t) { return kShortText; }
  static char* put_text(char* out, std::int64_t micros);
};

template <bool kHasZone>
struct TimestampKind {
  using Value = std::int64_t;  ///< microseconds since 1970

  static Fit parse(const CellBounds& bounds, std::string_view text, std::int64_t& micros);
  static Fit from_micros(const CellBounds& bounds, const std::int64_t& source, std::int64_t& micros);
  /// An instant; a type without a zone loses that it is one.
  static Fit from_instant(const CellBounds& bounds, const std::int64_t& source, std::int64_t& micros);
  static Fit from_days(const CellBounds& bounds, const std::int32_t& source, std::int64_t& micros);

  static std::size_t binary_room(std::int64_t) { return sizeof(std::int64_t); }
  static char* put_binary(char* out, std::int64_t micros);
  static std::size_t text_room(std::int64_t) { return kShortText; }
  static char* put_text(char* out, std::int64_t micros);
};

struct IntervalKind {
  using Value = Interval;

  static Fit parse(const CellBounds& bounds, std::string_view text, Interval& value);
  static Fit from_interval(const CellBounds& bounds, const Interval& source, Interval& value);
  static Fit from_micros(const CellBounds& bounds, const std::int64_t& source, Interval& value);

  static std::size_t binary_room(const Interval&) { return sizeof(Interval); }
  static char* put_binary(char* out, const Interval& value);
  static std::size_t text_room(const Interval&) { return 2 * kShortText; }
  static char* put_text(char* out, const Interval& value);
};

struct UuidKind {
  using Value = Hugeint;

  static Fit parse(const CellBounds&, std::string_view text, Hugeint& value) {
    return parse_uuid(text, value);
  }
  static Fit from_uuid(const CellBounds&, const Hugeint& source, Hugeint& value) {
    value = source;
    return Fit::kFits;
  }

  static std::size_t binary_room(const Hugeint&) { return sizeof(Hugeint); }
  static char* put_binary(char* out, const Hugeint& value);
  static std::size_t text_room(const Hugeint&) { return kShortText; }
  static char* put_text(char* out, const Hugeint& value);
};

struct BytesKind {
  struct Value {
    std::string_view bytes;  ///< or two hex digits each
    bool is_hex = false;
  };

  /// "\x00ff": the server's own text of bytes.
  static Fit parse(const CellBounds& bounds, std::string_view text, Value& value);
  static Fit from_bytes(const CellBounds& bounds, std::string_view source, Value& value);

  static std::size_t binary_room(const Value& value) { return value.bytes.size(); }
  static char* put_binary(char* out, const Value& value);
  static std::size_t text_room(const Value& value) { return 3 + 2 * value.bytes.size(); }
  static char* put_text(char* out, const Value& value);
};

struct TextKind {
  using Value = std::string_view;

  static Fit parse(const CellBounds& bounds, std::string_view text, std::string_view& value);

  static std::size_t binary_room(std::string_view text) { return text.size(); }
  static char* put_binary(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  static std::size_t text_room(std::string_view text) { return 2 * text.size(); }
  /// With the characters that mean something there behind backslashes.
  static char* put_text(char* out, std::string_view text);
};

/// A text with the version of its form before it.
struct JsonbKind : TextKind {
  static std::size_t binary_room(std::string_view text) { return 1 + text.size(); }
  static char* put_binary(char* out, std::string_view text) {
    *out = '\1';
    return TextKind::put_binary(out + 1, text);
  }
};

}  // namespace osiris::postgres
