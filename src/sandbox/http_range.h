#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/http_head.h"

namespace osiris::sandbox {

/// "Sun, 06 Nov 1994 08:49:37 GMT". Source: RFC 9110, section 5.6.7.
std::string http_date(std::time_t time);
/// Nothing where it is no such date.
std::optional<std::time_t> parse_http_date(std::string_view text);

/// Which bytes of a file a request is to get, and with which status.
struct FileSelection {
  int status = 200;  ///< 200, 206, 304 (it has them), 412 (it is too new), 416 (they are beyond its end)
  std::uint64_t offset = 0, size_bytes = 0;
};

/// By Range, If-Range, If-Modified-Since and If-Unmodified-Since. A Range that is malformed, or of several
/// parts, counts as none. Source: RFC 9110, sections 13 and 14.
FileSelection select_bytes(const HttpHead& head, std::uint64_t size_bytes, std::time_t modified_at);

}  // namespace osiris::sandbox
