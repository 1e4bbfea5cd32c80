#include "base/clock.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace osiris {

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t steady_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

namespace {

std::string format(const std::tm& parts, const char* pattern, std::int64_t milliseconds, const char* suffix) {
  std::array<char, 40> whole{};
  std::strftime(whole.data(), whole.size(), pattern, &parts);
  std::array<char, 60> text{};
  std::snprintf(text.data(), text.size(), "%s.%03d%s", whole.data(), static_cast<int>(milliseconds), suffix);
  return text.data();
}

}  // namespace

std::string iso8601(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return format(parts, "%Y-%m-%dT%H:%M:%S", unix_ms % 1000, "Z");
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t at = 0; at < kForm.size(); ++at) {
    const bool is_digit = text[at] >= '0' && text[at] <= '9';
    if (kForm[at] == '0' ? !is_digit : text[at] != kForm[at]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (const char digit : text.substr(at, size)) value = value * 10 + (digit - '0');
    return value;
  };
  using namespace std::chrono;
  const sys_days day = year{number(0, 4)} / number(5, 2) / number(8, 2);
  const auto time =
      hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2)) + milliseconds(number(20, 3));
  return (day.time_since_epoch() + time) / milliseconds(1);
}

std::string local_time(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return format(parts, "%Y-%m-%d %H:%M:%S", unix_ms % 1000, "");
}

std::optional<std::int64_t> parse_local_time(const std::string& text) {
  for (const char* pattern :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), pattern, &parts);
    if (end == nullptr || *end != '\0') continue;
    const int day = parts.tm_mday;
    parts.tm_isdst = -1;
    const std::time_t seconds = std::mktime(&parts);
    // mktime() takes a 31st of February for a 3rd of March.
    if (seconds == -1 || parts.tm_mday != day) return std::nullopt;
    return std::int64_t{seconds} * 1000;
  }
  return std::nullopt;
}

}  // namespace osiris
