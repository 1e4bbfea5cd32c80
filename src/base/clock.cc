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

std::optional<std::int64_t> parse_iso8601(const std::string& text) {
  std::tm parts{};
  int milliseconds = 0, end = 0;
  const int count =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds, &end);
  constexpr int kParts = 7, kFirstYear = 1900;
  if (count != kParts || static_cast<std::size_t>(end) != text.size()) return std::nullopt;
  parts.tm_year -= kFirstYear;
  parts.tm_mon -= 1;
  return std::int64_t{timegm(&parts)} * 1000 + milliseconds;
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
