#include "sandbox/http_range.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace osiris::sandbox {

namespace {

constexpr const char* kDateForm = "%a, %d %b %Y %H:%M:%S GMT";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto number = parse_integer(text);
  return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

/// "bytes=1-2", "bytes=1-", "bytes=-2"; nothing where the whole is meant.
std::optional<FileSelection> selected_range(std::string_view range, std::uint64_t size_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit) || range.find(',') != std::string_view::npos) return std::nullopt;
  range.remove_prefix(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = trim(range.substr(0, dash)), last = trim(range.substr(dash + 1));
  const auto from = whole_number(first), to = whole_number(last);
  if ((!first.empty() && !from) || (!last.empty() && !to) || (!from && !to)) return std::nullopt;
  if (from && to && *to < *from) return std::nullopt;
  // Whoever asks for the beginning of an empty file gets it, all of it.
  if (size_bytes == 0) return std::nullopt;
  if (!from) {
    const std::uint64_t count = std::min(*to, size_bytes);
    return count == 0 ? FileSelection{416} : FileSelection{206, size_bytes - count, count};
  }
  if (*from >= size_bytes) return FileSelection{416};
  const std::uint64_t end = to ? std::min(*to, size_bytes - 1) + 1 : size_bytes;
  return FileSelection{206, *from, end - *from};
}

}  // namespace

std::string http_date(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), kDateForm, &parts)};
}

std::optional<std::time_t> parse_http_date(std::string_view text) {
  const std::string whole(text);
  std::tm parts{};
  const char* const end = ::strptime(whole.c_str(), kDateForm, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

FileSelection select_bytes(const HttpHead& head, std::uint64_t size_bytes, std::time_t modified_at) {
  const auto date_of = [&](std::string_view name) { return parse_http_date(head.header(name)); };
  if (const auto limit = date_of("if-unmodified-since"); limit && modified_at > *limit) return {412};
  if (const auto known = date_of("if-modified-since"); known && modified_at <= *known) return {304};
  const std::string_view condition = head.header("if-range");
  if (condition.empty() || parse_http_date(condition) == modified_at) {
    if (const auto range = selected_range(head.header("range"), size_bytes)) return *range;
  }
  return {200, 0, size_bytes};
}

}  // namespace osiris::sandbox
