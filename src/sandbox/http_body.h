#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osiris::sandbox {

/// Takes the framing of a message's body away: chunks, or a length that was told before.
class HttpBodyDecoder {
 public:
  static HttpBodyDecoder of_length(std::uint64_t bytes);
  static HttpBodyDecoder of_chunks();

  /// The next piece of content in `bytes`, which gets shorter by what was understood. Empty: `bytes` is used
  /// up, or the body is complete and what is left belongs to the next message.
  /// Errors: kUser "http.bad_request". Source: RFC 9112, section 7.1.
  std::string_view next(std::string_view& bytes);
  /// Bytes of a body of told length that next() has not seen; 0 for chunks.
  std::uint64_t left_bytes() const { return state_ == State::kLength ? left_ : 0; }
  /// Takes so many of them as seen. Requires: at most left_bytes().
  void skip(std::uint64_t bytes);
  bool is_complete() const { return state_ == State::kComplete; }

 private:
  enum class State { kLength, kChunkSize, kChunk, kChunkEnd, kTrailer, kComplete };

  explicit HttpBodyDecoder(State state, std::uint64_t left) : state_(state), left_(left) {}
  std::string_view take_content(std::string_view& bytes, State after);
  bool take_line(std::string_view& bytes);
  void begin_chunk();

  State state_;
  std::uint64_t left_ = 0;  ///< bytes of the body, or of its chunk
  std::string line_;        ///< what has come of a line of the framing
  std::size_t trailer_bytes_ = 0;
};

}  // namespace osiris::sandbox
