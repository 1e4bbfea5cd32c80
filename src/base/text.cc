#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace osiris {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (index > 0) out += separator;
    out += parts[index];
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool is_blank(std::string_view text) { return trim(text).empty(); }

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t row = 0; row <= a.size(); ++row) cost[row][0] = static_cast<int>(row);
  for (std::size_t column = 0; column <= b.size(); ++column) cost[0][column] = static_cast<int>(column);
  for (std::size_t row = 1; row <= a.size(); ++row) {
    for (std::size_t column = 1; column <= b.size(); ++column) {
      const int replaced = cost[row - 1][column - 1] + (a[row - 1] == b[column - 1] ? 0 : 1);
      int best = std::min({replaced, cost[row - 1][column] + 1, cost[row][column - 1] + 1});
      if (row > 1 && column > 1 && a[row - 1] == b[column - 2] && a[row - 2] == b[column - 1]) {
        best = std::min(best, cost[row - 2][column - 2] + 1);
      }
      cost[row][column] = best;
    }
  }
  return cost[a.size()][b.size()];
}

std::optional<std::string> closest(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return std::nullopt;
  const int allowed = std::max(1, static_cast<int>(word.size()) / 3);
  std::optional<std::string> best;
  int best_distance = allowed + 1;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(to_lower(word), to_lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  if (candidates.empty()) return {};
  if (const auto near = closest(word, candidates)) return cat("did you mean '", *near, "'?");
  return cat("known: ", join(candidates, ", "));
}

std::size_t find_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t at = 0;
  const auto is_tail = [&](std::size_t index) { return index < size && (bytes[index] & 0xC0U) == 0x80U; };
  while (at < size) {
    while (at + 8 <= size) {
      std::uint64_t word = 0;
      std::copy_n(bytes + at, 8, reinterpret_cast<unsigned char*>(&word));
      if ((word & 0x8080808080808080ULL) != 0) break;
      at += 8;
    }
    if (at == size) break;
    const unsigned char lead = bytes[at];
    if (lead < 0x80) {
      ++at;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (!is_tail(at + 1)) return at;
      at += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (!is_tail(at + 1) || !is_tail(at + 2)) return at;
      if (lead == 0xE0 && bytes[at + 1] < 0xA0) return at;
      if (lead == 0xED && bytes[at + 1] > 0x9F) return at;
      at += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (!is_tail(at + 1) || !is_tail(at + 2) || !is_tail(at + 3)) return at;
      if (lead == 0xF0 && bytes[at + 1] < 0x90) return at;
      if (lead == 0xF4 && bytes[at + 1] > 0x8F) return at;
      at += 4;
    } else {
      return at;
    }
  }
  return std::string_view::npos;
}

bool is_valid_utf8(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos; }

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shortened(std::string_view text, std::size_t most_characters) {
  if (count_characters(text) <= most_characters) return std::string(text);
  std::size_t end = 0, count = 0;
  for (; end < text.size(); ++end) {
    const bool begins_character = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins_character && ++count == most_characters) break;
  }
  return cat(text.substr(0, end), "…");
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

namespace {

constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two digits for each twelve bits: half the look-ups of one digit for six.
constexpr auto kBase64Pairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t bits = 0; bits < pairs.size(); ++bits)
    pairs[bits] = {kBase64Digits[bits >> 6U], kBase64Digits[bits & 63U]};
  return pairs;
}();

/// The six bits of each digit of both alphabets; negative where a byte is none.
constexpr auto kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t digit = 0; digit < kBase64Digits.size(); ++digit)
    values[static_cast<unsigned char>(kBase64Digits[digit])] = static_cast<std::int8_t>(digit);
  values['-'] = values['+'];
  values['_'] = values['/'];
  return values;
}();

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + before;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const whole_end = from + bytes.size() / 3 * 3;
  for (; from != whole_end; from += 3, to += 4) {
    const std::uint32_t group = std::uint32_t{from[0]} << 16U | std::uint32_t{from[1]} << 8U | from[2];
    std::memcpy(to, kBase64Pairs[group >> 12U].data(), 2);
    std::memcpy(to + 2, kBase64Pairs[group & 4095U].data(), 2);
  }
  const std::size_t left = bytes.size() % 3;
  if (left == 0) return;
  const std::uint32_t group = std::uint32_t{from[0]} << 16U | (left > 1 ? std::uint32_t{from[1]} << 8U : 0U);
  std::memcpy(to, kBase64Pairs[group >> 12U].data(), 2);
  to[2] = left > 1 ? kBase64Digits[group >> 6U & 63U] : '=';
  to[3] = '=';
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::int8_t digit = kBase64Values[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFFU);
  }
  return bytes;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

std::optional<double> parse_quantity(std::string_view text, std::span<const Unit> units, bool unit_required) {
  text = trim(text);
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit.empty()) return unit_required ? std::nullopt : std::optional(number);
  for (const Unit& known : units) {
    if (to_lower(unit) == to_lower(known.name)) return number * known.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<Unit, 10> kUnits{{{"B", 1},
                                                {"kB", 1e3},
                                                {"MB", 1e6},
                                                {"GB", 1e9},
                                                {"TB", 1e12},
                                                {"KiB", 1024.0},
                                                {"MiB", 1048576.0},
                                                {"GiB", 1073741824.0},
                                                {"TiB", 1099511627776.0},
                                                {"bytes", 1}}};
  const auto bytes = parse_quantity(text, kUnits, false);
  if (!bytes || *bytes > 9e18) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  static constexpr std::array<Unit, 5> kUnits{
      {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
  const auto milliseconds = parse_quantity(text, kUnits, true);
  if (!milliseconds || *milliseconds > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*milliseconds);
}

std::string with_thousands(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return cat(with_thousands(count), " ", noun, count == 1 ? "" : "s");
}

namespace {

std::string with_one_decimal(double value, std::string_view unit) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f ", value);
  return std::string(text.data(), static_cast<std::size_t>(size)) + std::string(unit);
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return cat(bytes, " B");
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return with_one_decimal(value, kUnits[unit]);
}

std::string human_duration(std::int64_t milliseconds) {
  if (milliseconds < 1000) return cat(milliseconds, " ms");
  if (milliseconds < 60'000) return with_one_decimal(static_cast<double>(milliseconds) / 1000, "s");
  const std::int64_t seconds = milliseconds / 1000;
  if (seconds < 3600) return cat(seconds / 60, " min ", seconds % 60, " s");
  return cat(seconds / 3600, " h ", seconds % 3600 / 60, " min");
}

}  // namespace osiris
