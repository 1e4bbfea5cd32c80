#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace osiris {

/// Joins the parts through operator<<.
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string_view trim(std::string_view text);
/// Lower-cases ASCII letters only, whatever the locale.
std::string to_lower(std::string_view text);
bool is_blank(std::string_view text);

/// Levenshtein distance with transpositions counted as one edit.
int edit_distance(std::string_view a, std::string_view b);
/// The candidate that a typist most likely meant, or nothing when none is near.
std::optional<std::string> closest(std::string_view word, std::span<const std::string> candidates);
/// "did you mean 'x'?" or "known: a, b, c"; empty where there are no candidates.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// Checks well-formed UTF-8 without surrogates or overlong forms.
/// Source: RFC 3629, section 4.
bool is_valid_utf8(std::string_view text);
/// Offset of the first byte that breaks UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// Code points of a UTF-8 text.
std::size_t count_characters(std::string_view text);

/// The text, or its beginning with "…", so that it has at most `most_characters` code points.
std::string shortened(std::string_view text, std::size_t most_characters);

/// Lower-case hex digits, two a byte.
std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);
/// Appends what to_base64() gives.
void append_base64(std::string& out, std::string_view bytes);
/// Reads both alphabets, with or without padding; nothing when malformed. Source: RFC 4648, sections 4 and 5.
std::optional<std::string> from_base64(std::string_view text);

/// A whole decimal integer, or nothing when anything else is in the text.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// "64MiB", "10 kB", "512" -> bytes; nothing when malformed.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "30s", "500ms", "2m", "1h", "7d" -> milliseconds; nothing when malformed or without a unit.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

/// 1234567 -> "1,234,567".
std::string with_thousands(std::uint64_t value);
/// "1 row", "1,234 rows".
std::string counted(std::uint64_t count, std::string_view noun);
/// "512 B", "1.5 MiB".
std::string human_bytes(std::uint64_t bytes);
/// "25 ms", "3.4 s", "2 min 5 s".
std::string human_duration(std::int64_t milliseconds);

}  // namespace osiris
