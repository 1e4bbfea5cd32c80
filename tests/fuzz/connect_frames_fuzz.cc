// Frames from anybody: what they say does not depend on how their bytes arrive, and what is read is written
// the same again.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "net/connect_frames.h"

namespace {

constexpr std::size_t kMostBytes = 1 << 16;

/// The frames written again, and how the stream ended.
std::string written_again(std::string_view bytes, std::size_t step) {
  osiris::ConnectFrameDecoder decoder(kMostBytes);
  std::string text;
  try {
    while (!bytes.empty()) {
      decoder.feed(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
      while (const auto frame = decoder.next()) {
        if (frame->payload.size() > kMostBytes) std::abort();
        text += osiris::connect_frame(frame->payload);
        if (frame->is_end) text[text.size() - frame->payload.size() - 5] = 2;
      }
    }
  } catch (const osiris::Error& error) {
    if (error.code() != "http.bad_request" && error.code() != "http.too_large") std::abort();
    return text + " refused";
  }
  return text + (decoder.is_between_frames() ? " whole" : " open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = written_again(bytes, bytes.size() + 1);
  if (written_again(bytes, std::size_t{1} + data[0]) != whole) std::abort();
  if (whole.ends_with(" whole") && whole != std::string(bytes) + " whole") std::abort();
  return 0;
}
