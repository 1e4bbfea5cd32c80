#include "sandbox/http_head.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

[[noreturn]] void refuse_head(std::string_view why) {
  throw Error(ErrorKind::kUser, "http.bad_request", cat("not a request: ", why));
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The next line without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) refuse_head("a line has no end");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

/// The elements of a comma-separated header, in lower case.
std::vector<std::string> elements(std::string_view value) {
  std::vector<std::string> words;
  for (const std::string& word : split(value, ',')) words.push_back(to_lower(trim(word)));
  return words;
}

void parse_request_line(std::string_view line, HttpHead& head) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    refuse_head("its first line is not 'METHOD TARGET HTTP/1.1'");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) refuse_head("its method is no word");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    refuse_head("its version is neither HTTP/1.1 nor HTTP/1.0");
  head.is_http_1_0 = version == "HTTP/1.0";
  if (!head.target.starts_with('/')) refuse_head("its target is no path");
  const bool has_odd_bytes = std::ranges::any_of(
      head.target, [](char c) { return is_control(c) || c == ' ' || static_cast<unsigned char>(c) >= 0x80; });
  if (has_odd_bytes) refuse_head("its target has bytes that must be encoded");
  const std::string_view target = head.target;
  const std::size_t mark = target.find('?');
  head.path = percent_decoded(target.substr(0, mark), false);
  if (mark == std::string_view::npos) return;
  for (const std::string& part : split(target.substr(mark + 1), '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string::npos ? "" : std::string_view(part).substr(equals + 1);
    head.query.emplace_back(percent_decoded(std::string_view(part).substr(0, equals), true),
                            percent_decoded(value, true));
  }
}

void parse_header(std::string_view line, HttpHead& head) {
  if (line.starts_with(' ') || line.starts_with('\t')) refuse_head("a header goes on over two lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    refuse_head("a header has no proper name");
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; }))
    refuse_head("a header has control characters");
  const std::string name = to_lower(line.substr(0, colon));
  const auto [place, is_new] = head.headers.try_emplace(name, value);
  if (is_new) return;
  if (name == "content-length" || name == "transfer-encoding" || name == "host")
    refuse_head(cat("two headers ", name));
  place->second += cat(", ", value);
}

void read_framing(HttpHead& head) {
  const auto encoding = head.headers.find("transfer-encoding");
  const auto length = head.headers.find("content-length");
  if (encoding != head.headers.end()) {
    if (length != head.headers.end()) refuse_head("a content-length and a transfer-encoding");
    if (head.is_http_1_0 || to_lower(encoding->second) != "chunked")
      refuse_head("a transfer-encoding other than chunked");
    head.is_chunked = true;
  }
  if (length != head.headers.end()) {
    const bool is_number = !length->second.empty() &&
                           std::ranges::all_of(length->second, [](char c) { return c >= '0' && c <= '9'; });
    const auto value = is_number ? parse_integer(length->second) : std::nullopt;
    if (!value) refuse_head("its content-length is no number");
    head.content_length = static_cast<std::uint64_t>(*value);
  }
}

void read_wishes(HttpHead& head) {
  if (!head.is_http_1_0 && !head.headers.contains("host")) refuse_head("no host");
  const std::vector<std::string> connection = elements(head.header("connection"));
  const auto is_wished = [&](const char* word) {
    return std::find(connection.begin(), connection.end(), word) != connection.end();
  };
  head.keeps_alive = !is_wished("close") && (!head.is_http_1_0 || is_wished("keep-alive"));
  const std::string expected = to_lower(head.header("expect"));
  if (!expected.empty() && expected != "100-continue")
    refuse_head("it expects something other than 100-continue");
  head.expects_continue = !expected.empty() && !head.is_http_1_0;
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : found->second;
}

std::optional<std::string> HttpHead::parameter(std::string_view name) const {
  for (const auto& [known, value] : query) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> head_size(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = bytes.substr(0, kMostHeadBytes).find(kEnd);
  if (end != std::string_view::npos) return end + kEnd.size();
  if (bytes.size() >= kMostHeadBytes) refuse_head("its head is too long");
  return std::nullopt;
}

HttpHead parse_http_head(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) refuse_head("a zero byte");
  HttpHead head;
  parse_request_line(take_line(text), head);
  for (std::size_t count = 0;; ++count) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (count == kMostHeaders) refuse_head("too many headers");
    parse_header(line, head);
  }
  if (!text.empty()) refuse_head("more than one head");
  read_framing(head);
  read_wishes(head);
  return head;
}

std::string percent_decoded(std::string_view text, bool is_form) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += is_form && text[at] == '+' ? ' ' : text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0) refuse_head("a percent sign without two hex digits");
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '\0') refuse_head("an encoded zero byte");
    out += byte;
    at += 2;
  }
  return out;
}

}  // namespace osiris::sandbox
