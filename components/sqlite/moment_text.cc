#include "sqlite/moment_text.h"

namespace osiris::sqlite {

std::string full_moment(std::string text) {
  constexpr std::size_t kMinuteLength = 16;  // 2024-02-29 23:59
  if (text.size() == kDayLength) return text + " 00:00:00";
  if (text.size() == kMinuteLength) return text + ":00";
  return text;
}

std::string full_clock(const std::string& text) {
  constexpr std::size_t kLength = 5;  // 23:59
  return text.size() == kLength ? text + ":00" : text;
}

}  // namespace osiris::sqlite
