#pragma once

#include <cstddef>
#include <string>

namespace osiris::sqlite {

constexpr std::size_t kDayLength = 10;  ///< of 2024-02-29

/// A date or a moment with its clock in full: SQLite writes midnight as a date alone, and leaves seconds out.
std::string full_moment(std::string text);
/// A time with its seconds.
std::string full_clock(const std::string& text);

}  // namespace osiris::sqlite
