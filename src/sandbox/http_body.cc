#include "sandbox/http_body.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace osiris::sandbox {

namespace {

/// Chosen: extensions and trailers are read over, and nobody sends many.
constexpr std::size_t kMostLineBytes = 4 << 10, kMostTrailerBytes = 16 << 10;
/// No chunk of a real body is longer, and sums of two such sizes do not overflow.
constexpr std::size_t kMostSizeDigits = 15;

[[noreturn]] void refuse_body(const char* why) {
  throw Error(ErrorKind::kUser, "http.bad_request", std::string("not a chunked body: ") + why);
}

}  // namespace

HttpBodyDecoder HttpBodyDecoder::of_length(std::uint64_t bytes) {
  return HttpBodyDecoder(bytes == 0 ? State::kComplete : State::kLength, bytes);
}

HttpBodyDecoder HttpBodyDecoder::of_chunks() { return HttpBodyDecoder(State::kChunkSize, 0); }

void HttpBodyDecoder::skip(std::uint64_t bytes) {
  invariant(bytes <= left_bytes(), "a body has as many bytes as are taken from it");
  left_ -= bytes;
  if (left_ == 0) state_ = State::kComplete;
}

std::string_view HttpBodyDecoder::take_content(std::string_view& bytes, State after) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
  const std::string_view piece = bytes.substr(0, size);
  bytes.remove_prefix(size);
  left_ -= size;
  if (left_ == 0) state_ = after;
  return piece;
}

/// Fills line_ up to its end; false while that has not come.
bool HttpBodyDecoder::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view part = bytes.substr(0, end);
  if (line_.size() + part.size() > kMostLineBytes) refuse_body("a line is too long");
  line_ += part;
  bytes.remove_prefix(part.size());
  if (end == std::string_view::npos) return false;
  bytes.remove_prefix(1);
  if (!line_.ends_with('\r')) refuse_body("a line ends without a carriage return");
  line_.pop_back();
  return true;
}

void HttpBodyDecoder::begin_chunk() {
  const char* const begin = line_.data();
  const char* const line_end = begin + line_.size();
  const auto [end, problem] = std::from_chars(begin, line_end, left_, 16);
  const auto digits = static_cast<std::size_t>(end - begin);
  if (problem != std::errc() || digits > kMostSizeDigits || (end != line_end && *end != ';'))
    refuse_body("a chunk has no proper size");
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  line_.clear();
}

std::string_view HttpBodyDecoder::next(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::kComplete) {
    switch (state_) {
      case State::kLength:
        return take_content(bytes, State::kComplete);
      case State::kChunk:
        return take_content(bytes, State::kChunkEnd);
      case State::kChunkSize:
        if (take_line(bytes)) begin_chunk();
        break;
      case State::kChunkEnd:
        if (!take_line(bytes)) break;
        if (!line_.empty()) refuse_body("a chunk is longer than its size");
        state_ = State::kChunkSize;
        break;
      case State::kTrailer:
        if (!take_line(bytes)) break;
        trailer_bytes_ += line_.size();
        if (trailer_bytes_ > kMostTrailerBytes) refuse_body("its trailers are too long");
        if (line_.empty()) state_ = State::kComplete;
        line_.clear();
        break;
      case State::kComplete:
        break;
    }
  }
  return {};
}

}  // namespace osiris::sandbox
