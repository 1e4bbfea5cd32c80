#include "sandbox/connect_frames.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "sandbox/call_message.h"

namespace osiris::sandbox {

namespace {

constexpr std::size_t kEnvelopeBytes = 5;
constexpr unsigned kCompressed = 1, kEndOfStream = 2;

/// Puts the envelope before what follows it in `frame`, where room was left.
void fill_envelope(std::string& frame, unsigned flags) {
  const std::size_t size = frame.size() - kEnvelopeBytes;
  frame[0] = static_cast<char>(flags);
  for (std::size_t byte = 0; byte < 4; ++byte)
    frame[4 - byte] = static_cast<char>(size >> (8 * byte) & 0xFFU);
}

std::string frame_of(unsigned flags, std::string_view payload) {
  std::string frame(kEnvelopeBytes, '\0');
  frame += payload;
  fill_envelope(frame, flags);
  return frame;
}

}  // namespace

std::optional<ConnectFrame> ConnectFrameDecoder::next() {
  const auto refuse = [](const char* why) {
    throw Error(ErrorKind::kUser, "http.bad_request", cat("not a message of a stream: ", why));
  };
  if (has_ended_ && !bytes_.empty()) refuse("it comes after the last one");
  if (bytes_.empty()) return std::nullopt;
  const auto flags = static_cast<unsigned char>(bytes_[0]);
  if ((flags & kCompressed) != 0) refuse("it is compressed, which was not agreed on");
  if ((flags & ~kEndOfStream) != 0) refuse("its flags are unknown");
  if (bytes_.size() < kEnvelopeBytes) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t byte = 1; byte < kEnvelopeBytes; ++byte)
    size = size << 8U | static_cast<unsigned char>(bytes_[byte]);
  if (size > most_payload_bytes_)
    throw Error(ErrorKind::kData, "http.too_large",
                cat("a message of ", size, " bytes, more than ", most_payload_bytes_));
  if (bytes_.size() - kEnvelopeBytes < size) return std::nullopt;
  ConnectFrame frame{flags == kEndOfStream, bytes_.substr(kEnvelopeBytes, size)};
  bytes_.erase(0, kEnvelopeBytes + size);
  has_ended_ = frame.is_end;
  return frame;
}

std::string connect_frame(std::string_view payload) { return frame_of(0, payload); }

std::string connect_end_frame() { return frame_of(kEndOfStream, "{}"); }

std::string connect_end_frame(std::string_view word, std::string_view message) {
  return frame_of(kEndOfStream, message_text({{"error", connect_error_json(word, message)}}));
}

std::string connect_output_frame(std::string_view stream, std::string_view bytes) {
  constexpr std::string_view kBegin = R"({"event":{"data":{")", kMiddle = R"(":")", kEnd = R"("}}})";
  std::string frame;
  frame.reserve(kEnvelopeBytes + kBegin.size() + stream.size() + kMiddle.size() + bytes.size() / 3 * 4 + 4 +
                kEnd.size());
  frame.append(kEnvelopeBytes, '\0').append(kBegin).append(stream).append(kMiddle);
  append_base64(frame, bytes);
  frame.append(kEnd);
  fill_envelope(frame, 0);
  return frame;
}

Json connect_error_json(std::string_view word, std::string_view message) {
  return {{"code", word}, {"message", message}};
}

int connect_status(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, int>, 11> kStatuses{{
      {"canceled", 499},
      {"invalid_argument", 400},
      {"deadline_exceeded", 504},
      {"not_found", 404},
      {"already_exists", 409},
      {"permission_denied", 403},
      {"resource_exhausted", 429},
      {"failed_precondition", 400},
      {"unimplemented", 501},
      {"unavailable", 503},
      {"unauthenticated", 401},
  }};
  const auto* const found = std::ranges::find(kStatuses, word, &std::pair<std::string_view, int>::first);
  return found == kStatuses.end() ? 500 : found->second;
}

}  // namespace osiris::sandbox
