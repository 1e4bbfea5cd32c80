#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace osiris {

/// Milliseconds since 1970-01-01T00:00:00Z.
std::int64_t now_ms();
/// Microseconds of the steady clock; only differences mean something.
std::int64_t steady_us();
/// "2024-02-29T23:59:59.123Z".
std::string iso8601(std::int64_t unix_ms);
/// Reads what iso8601() gives; nothing for any other text.
std::optional<std::int64_t> parse_iso8601(std::string_view text);
/// "2024-02-29 23:59:59.123" in the machine's time zone, for people.
std::string local_time(std::int64_t unix_ms);
/// Reads "2024-02-29", "2024-02-29 23:59" or "2024-02-29 23:59:59" (a T may stand for the blank) in the
/// machine's time zone; nothing for any other text, or for a day that no calendar has.
std::optional<std::int64_t> parse_local_time(const std::string& text);

}  // namespace osiris
