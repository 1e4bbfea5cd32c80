#include "postgres/numeric_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "postgres/byte_order.h"

namespace osiris::postgres {

namespace {

constexpr int kGroupDigits = 4;  ///< a digit of the server's is one of base 10,000

constexpr unsigned kGroupBase = 10'000;
constexpr std::size_t kHeadBytes = 8;

enum : std::uint16_t {
  kNegative = 0x4000,
  kNan = 0xC000,
  kInfinity = 0xD000,
  kNegativeInfinity = 0xF000,
};

/// The value's parts: groups of four digits, of which `weight + 1` stand before the point.
struct Numeric {
  int group_count, weight;
  std::uint16_t sign;
  int scale;
  const char* groups;

  explicit Numeric(std::string_view value)
      : group_count(load_big_endian<std::int16_t>(value.data())),
        weight(load_big_endian<std::int16_t>(value.data() + 2)),
        sign(load_big_endian<std::uint16_t>(value.data() + 4)),
        scale(load_big_endian<std::int16_t>(value.data() + 6)),
        groups(value.data() + kHeadBytes) {}

  /// Groups before the first and after the last are zero.
  unsigned group(int index) const {
    return index < 0 || index >= group_count ? 0 : load_big_endian<std::uint16_t>(groups + 2 * index);
  }
};

constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t value = 0; value < 100; ++value) {
    pairs[2 * value] = static_cast<char>('0' + value / 10);
    pairs[2 * value + 1] = static_cast<char>('0' + value % 10);
  }
  return pairs;
}();

char* put_group(char* out, unsigned group) {
  std::memcpy(out, &kDigitPairs[2 * std::size_t{group / 100}], 2);
  std::memcpy(out + 2, &kDigitPairs[2 * std::size_t{group % 100}], 2);
  return out + kGroupDigits;
}

char* put_first_group(char* out, unsigned group) {
  std::array<char, kGroupDigits> digits;
  put_group(digits.data(), group);
  const int zeros = group >= 1000 ? 0 : group >= 100 ? 1 : group >= 10 ? 2 : 3;
  std::memcpy(out, digits.data() + zeros, static_cast<std::size_t>(kGroupDigits - zeros));
  return out + kGroupDigits - zeros;
}

char* put_word(char* out, std::string_view word) { return std::copy(word.begin(), word.end(), out); }

}  // namespace

bool is_numeric(std::string_view value) {
  if (value.size() < kHeadBytes) return false;
  const Numeric number(value);
  if (number.group_count < 0 || number.scale < 0) return false;
  if (value.size() != kHeadBytes + 2 * static_cast<std::size_t>(number.group_count)) return false;
  for (int index = 0; index < number.group_count; ++index) {
    if (number.group(index) >= kGroupBase) return false;
  }
  return true;
}

std::size_t numeric_room(std::string_view value) {
  constexpr int kSignPointAndLastGroup = 2 + kGroupDigits;
  constexpr int kLongestWord = 9;  // -Infinity
  const Numeric number(value);
  const int whole = kGroupDigits * (std::max(number.weight, 0) + 1);
  return static_cast<std::size_t>(std::max(whole + number.scale + kSignPointAndLastGroup, kLongestWord));
}

char* print_numeric(char* out, std::string_view value) {
  const Numeric number(value);
  if (number.sign == kNan) return put_word(out, "NaN");
  if (number.sign == kInfinity) return put_word(out, "Infinity");
  if (number.sign == kNegativeInfinity) return put_word(out, "-Infinity");
  if (number.sign == kNegative) *out++ = '-';
  out = put_first_group(out, number.weight < 0 ? 0 : number.group(0));
  for (int index = 1; index <= number.weight; ++index) out = put_group(out, number.group(index));
  if (number.scale == 0) return out;
  *out++ = '.';
  char* const end = out + number.scale;
  // The first group behind the point has the number weight + 1; where that is negative, it is zeros.
  for (int index = number.weight + 1; out < end; ++index) out = put_group(out, number.group(index));
  return end;
}

}  // namespace osiris::postgres
