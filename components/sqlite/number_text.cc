#include "sqlite/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace osiris::sqlite {

namespace {

constexpr std::size_t kMostPlainBytes = 352;  // 309 digits before the point, or 324 zeros and 17 digits after

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string shortest_text(double value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string plain_text(double value) {
  std::array<char, kMostPlainBytes> text;
  char* const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

std::optional<DigitCount> count_digits(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.size() + fraction.size() == 0 || !std::ranges::all_of(whole, is_digit) ||
      !std::ranges::all_of(fraction, is_digit)) {
    return std::nullopt;
  }
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  DigitCount count{static_cast<int>(whole.size()), static_cast<int>(fraction.size()), 0};
  if (fraction.empty()) {
    count.significant = static_cast<int>(whole.find_last_not_of('0') + 1);
  } else if (whole.empty()) {
    count.significant = static_cast<int>(fraction.size() - fraction.find_first_not_of('0'));
  } else {
    count.significant = count.whole + count.fraction;
  }
  return count;
}

std::string with_scale(std::string_view text, int scale) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string number(text.substr(0, point));
  if (number.empty() || number == "-") number += '0';
  if (scale == 0) return number;
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  fraction.resize(static_cast<std::size_t>(scale), '0');
  return number + "." + fraction;
}

}  // namespace osiris::sqlite
