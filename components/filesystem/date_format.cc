#include "filesystem/date_format.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris::filesystem {

namespace {

constexpr std::string_view kLetters = "YymdHIpMSfbBz";
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

/// What a text said so far.
struct Fields {
  unsigned year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0, offset_minutes = 0;
  bool has_half = false, is_afternoon = false;
};

/// What is left of the text.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool take(char wanted) {
    if (text_.empty() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Between `least` and `most` digits, as many as there are.
  bool digits(unsigned least, unsigned most, unsigned& value) {
    unsigned sum = 0, count = 0;
    for (; count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count)
      sum = sum * 10 + static_cast<unsigned>(text_[count] - '0');
    text_.remove_prefix(count);
    value = sum;
    return count >= least;
  }
  bool word(std::string_view lower) {
    if (text_.size() < lower.size() || to_lower(text_.substr(0, lower.size())) != lower) return false;
    text_.remove_prefix(lower.size());
    return true;
  }

 private:
  std::string_view text_;
};

bool take_month_name(Rest& rest, unsigned& month, bool is_short) {
  constexpr std::size_t kShort = 3;
  for (unsigned index = 0; index < kMonths.size(); ++index) {
    if (!rest.word(is_short ? kMonths[index].substr(0, kShort) : kMonths[index])) continue;
    month = index + 1;
    return true;
  }
  return false;
}

bool take_fraction(Rest& rest, std::int64_t& micros) {
  unsigned digit = 0;
  micros = 0;
  std::int64_t unit = kMicrosPerSecond / 10;
  if (!rest.digits(1, 1, digit)) return false;
  do {
    micros += unit * digit;
    unit /= 10;
  } while (unit > 0 && rest.digits(1, 1, digit));
  return true;
}

bool take_zone(Rest& rest, std::int64_t& minutes) {
  if (rest.take('Z')) return true;
  const bool is_west = rest.take('-');
  unsigned hours = 0, rest_minutes = 0;
  if ((!is_west && !rest.take('+')) || !rest.digits(2, 2, hours)) return false;
  rest.take(':');
  if (!rest.digits(2, 2, rest_minutes) || hours > 15 || rest_minutes > 59) return false;
  minutes = (std::int64_t{hours} * 60 + rest_minutes) * (is_west ? -1 : 1);
  return true;
}

bool take_year_of_century(Rest& rest, unsigned& year) {
  constexpr unsigned kFirstOfOldCentury = 69;
  if (!rest.digits(2, 2, year)) return false;
  year += year >= kFirstOfOldCentury ? 1900 : 2000;
  return true;
}

bool take(char letter, Rest& rest, Fields& fields) {
  switch (letter) {
    case 'Y':
      return rest.digits(4, 4, fields.year);
    case 'y':
      return take_year_of_century(rest, fields.year);
    case 'm':
      return rest.digits(1, 2, fields.month);
    case 'b':
      return take_month_name(rest, fields.month, true);
    case 'B':
      return take_month_name(rest, fields.month, false);
    case 'd':
      return rest.digits(1, 2, fields.day);
    case 'H':
      return rest.digits(1, 2, fields.hour);
    case 'I':
      fields.has_half = true;
      return rest.digits(1, 2, fields.hour) && fields.hour >= 1 && fields.hour <= 12;
    case 'p':
      fields.is_afternoon = rest.word("pm");
      return fields.is_afternoon || rest.word("am");
    case 'M':
      return rest.digits(1, 2, fields.minute);
    case 'S':
      return rest.digits(1, 2, fields.second);
    case 'f':
      return take_fraction(rest, fields.micros);
    default:
      return take_zone(rest, fields.offset_minutes);
  }
}

bool is_day_of_the_calendar(const Fields& fields) {
  if (fields.year == 0 || fields.month == 0 || fields.month > 12 || fields.day == 0) return false;
  const bool is_december = fields.month == 12;
  const std::int64_t next_month =
      days_from_civil(fields.year + (is_december ? 1 : 0), is_december ? 1 : fields.month + 1, 1);
  return days_from_civil(fields.year, fields.month, 1) + fields.day - 1 < next_month;
}

[[noreturn]] void refuse(std::string_view format, std::string_view problem) {
  throw Error(ErrorKind::kUser, "config.invalid",
              cat("the format of a date or time ", problem, ": '", format, "'"),
              "it is written as strptime has it, such as %d.%m.%Y or %Y-%m-%d %H:%M:%S");
}

}  // namespace

DateFormat::DateFormat(std::string_view format, TypeId type) {
  std::string letters;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      parts_.push_back({0, format[at]});
      continue;
    }
    const char letter = ++at < format.size() ? format[at] : '\0';
    if (letter == '%') {
      parts_.push_back({0, '%'});
      continue;
    }
    if (letter == '\0' || kLetters.find(letter) == std::string_view::npos)
      refuse(format, "has a letter that means nothing");
    parts_.push_back({letter, 0});
    letters += letter;
  }
  const auto has = [&](std::string_view any) { return letters.find_first_of(any) != std::string::npos; };
  if (type != TypeId::kTime && !(has("Yy") && has("mbB") && has("d")))
    refuse(format, "lacks year, month or day");
  if (type == TypeId::kDate && has("HIpMSfz")) refuse(format, "has a time, which a date has not");
  if (type == TypeId::kTime && has("YymbBdz")) refuse(format, "has a day or a zone, which a time has not");
  if (type == TypeId::kTime && !has("HI")) refuse(format, "lacks the hour");
  if (type == TypeId::kTimestamp && has("z")) refuse(format, "has a zone: the type is timestamptz");
  if (type == TypeId::kTimestampTz && !has("z")) refuse(format, "lacks the zone, %z: the type is timestamp");
  if (has("I") != has("p")) refuse(format, "needs %I and %p together");
}

std::optional<std::int64_t> DateFormat::parse(std::string_view text) const {
  Rest rest(text);
  Fields fields;
  for (const Part& part : parts_) {
    if (part.letter == 0 ? !rest.take(part.literal) : !take(part.letter, rest, fields)) return std::nullopt;
  }
  if (fields.has_half) fields.hour = fields.hour % 12 + (fields.is_afternoon ? 12 : 0);
  const bool is_time = fields.hour < 24 && fields.minute < 60 && fields.second < 60;
  if (!rest.at_end() || !is_time || !is_day_of_the_calendar(fields)) return std::nullopt;
  const std::int64_t seconds = days_from_civil(fields.year, fields.month, fields.day) * 86'400 +
                               std::int64_t{fields.hour} * 3600 + std::int64_t{fields.minute} * 60 +
                               fields.second - fields.offset_minutes * 60;
  return seconds * kMicrosPerSecond + fields.micros;
}

}  // namespace osiris::filesystem
