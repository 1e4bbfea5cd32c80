// A request from anybody: its head is refused or has one reading, and its body is the same however its bytes
// arrive.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "sandbox/http_body.h"
#include "sandbox/http_head.h"

namespace {

/// The content of a body whose bytes come `step` at a time, how it ended and how much is left after it.
std::string content_of(osiris::sandbox::HttpBodyDecoder decoder, std::string_view bytes, std::size_t step) {
  std::string content;
  try {
    while (!bytes.empty() && !decoder.is_complete()) {
      const std::string_view part = bytes.substr(0, step);
      std::string_view left = part;
      for (std::string_view piece = decoder.next(left); !piece.empty(); piece = decoder.next(left))
        content += piece;
      if (!left.empty() && !decoder.is_complete()) std::abort();
      bytes.remove_prefix(part.size() - left.size());
    }
  } catch (const osiris::Error& error) {
    if (error.code() != "http.bad_request") std::abort();
    return content + " refused";
  }
  return content + (decoder.is_complete() ? " complete " : " open ") + std::to_string(bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using osiris::sandbox::HttpBodyDecoder;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  osiris::sandbox::HttpHead head;
  std::string_view body = text;
  try {
    const auto head_bytes = osiris::sandbox::head_size(text);
    if (!head_bytes) return 0;
    body.remove_prefix(*head_bytes);
    head = osiris::sandbox::parse_http_head(text.substr(0, *head_bytes));
  } catch (const osiris::Error& error) {
    if (error.code() != "http.bad_request") std::abort();
    return 0;
  }
  if (head.is_chunked && head.content_length) std::abort();
  if (head.path.find('\0') != head.path.npos || !head.target.starts_with('/')) std::abort();
  const HttpBodyDecoder decoder = head.is_chunked
                                      ? HttpBodyDecoder::of_chunks()
                                      : HttpBodyDecoder::of_length(head.content_length.value_or(0));
  if (content_of(decoder, body, std::size_t{1} + data[0]) != content_of(decoder, body, body.size() + 1))
    std::abort();
  return 0;
}
