#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace osiris::sandbox {

/// The most bytes that a request's head may have, and the most headers.
constexpr std::size_t kMostHeadBytes = 64 << 10, kMostHeaders = 200;

/// What a request says before its body. Nothing of it has more than one reading: what two servers could take
/// in two ways is refused.
struct HttpHead {
  std::string method;
  std::string target;                                       ///< as it was sent: "/files?path=%2Fa"
  std::string path;                                         ///< "/files", decoded
  std::vector<std::pair<std::string, std::string>> query;   ///< names and values, decoded, in their order
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case; several joined by ", "
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  bool is_http_1_0 = false;
  bool keeps_alive = true;
  bool expects_continue = false;

  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
  /// Empty where there is no such header. `name` is in lower case.
  std::string_view header(std::string_view name) const;
  /// The first parameter of the name; nothing where there is none.
  std::optional<std::string> parameter(std::string_view name) const;
};

/// The bytes of the head at the beginning of `bytes`, its empty line included; nothing while it is not whole.
/// Errors: kUser "http.bad_request" where it is longer than kMostHeadBytes.
std::optional<std::size_t> head_size(std::string_view bytes);

/// Reads a whole head, its empty line included.
/// Errors: kUser "http.bad_request". Source: RFC 9112, sections 2 to 6.
HttpHead parse_http_head(std::string_view text);

/// Decodes %41; a plus is a blank where `is_form`. Errors: kUser "http.bad_request".
std::string percent_decoded(std::string_view text, bool is_form);

}  // namespace osiris::sandbox
