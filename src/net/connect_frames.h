#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace osiris {

/// A message of a stream, out of its envelope: a byte of flags, four of the length (the highest first), the
/// message. Source: connectrpc.com, "Connect Protocol Reference", streaming RPCs.
struct ConnectFrame {
  bool is_end = false;  ///< the stream's last frame: {} or {"error":..}
  std::string payload;
};

/// Takes a stream apart into frames, however its bytes arrive.
class ConnectFrameDecoder {
 public:
  explicit ConnectFrameDecoder(std::size_t most_payload_bytes) : most_payload_bytes_(most_payload_bytes) {}

  void feed(std::string_view bytes) { bytes_ += bytes; }
  /// The next frame; nothing until more bytes come.
  /// Errors: kUser "http.bad_request": compressed, flags that mean nothing, or after the end;
  ///         kData "http.too_large".
  std::optional<ConnectFrame> next();
  /// Nothing is left of a frame that is not whole.
  bool is_between_frames() const { return bytes_.empty(); }

 private:
  std::size_t most_payload_bytes_;
  std::string bytes_;
  bool has_ended_ = false;
};

/// A message in its envelope.
std::string connect_frame(std::string_view payload);
/// The last frame of a stream that went well, and of one that failed.
std::string connect_end_frame();
std::string connect_end_frame(std::string_view word, std::string_view message);
/// The frame {"event":{"data":{"<stream>":"<bytes in base64>"}}}. `stream`: stdout, stderr or pty.
std::string connect_output_frame(std::string_view stream, std::string_view bytes);

/// {"code":"not_found","message":".."}: an error as Connect says it.
Json connect_error_json(std::string_view word, std::string_view message);
/// The status of HTTP that a call without a stream has with an error's word.
int connect_status(std::string_view word);

}  // namespace osiris
