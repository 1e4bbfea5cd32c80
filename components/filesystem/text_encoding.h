#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "format/byte_source.h"

namespace osiris::filesystem {

/// Whether a name of an encoding means UTF-8.
bool is_utf8(std::string_view encoding);

/// A conversion of the C library between two encodings.
class Conversion {
 public:
  /// Errors: kUser "config.invalid" where the encoding is not known, or keeps a state between characters.
  static Conversion to_utf8(const std::string& encoding);
  static Conversion from_utf8(const std::string& encoding);
  Conversion(Conversion&& other) noexcept;
  Conversion& operator=(Conversion&& other) noexcept;
  ~Conversion();

  enum class Outcome { kDone, kNoRoom, kBadCharacter, kCutOff };
  /// Converts as many whole characters as there are and fit, and moves both views behind them.
  Outcome run(std::string_view& in, char*& out, const char* out_end);

 private:
  explicit Conversion(void* handle) : handle_(handle) {}
  void* handle_;
};

/// Turns text of another encoding into UTF-8 while it is read, and knows where each byte came from.
///
/// What is no character of the encoding becomes the byte 0xFF, which no UTF-8 has: who reads the text finds
/// it there, with its place. `utf-16` and `utf-32` need the byte order mark that says which of their two
/// orders it is. Errors: kUser "config.invalid"; kData "file.encoding" where that mark is missing.
class TextDecoder : public ByteSource {
 public:
  TextDecoder(std::unique_ptr<ByteSource> source, const std::string& encoding, const std::string& shown);

  std::size_t read(char* buffer, std::size_t size) override;
  /// The place in the source of a place in the decoded text. Requires: not before what was forgotten.
  std::uint64_t source_offset(std::uint64_t decoded_offset) const;
  /// The source's bytes between two places of the decoded text. Requires: as source_offset().
  std::string source_bytes(std::uint64_t begin, std::uint64_t end) const;
  /// Says that no place before this one will be asked for.
  void forget_before(std::uint64_t decoded_offset);

 private:
  /// A piece of the source and where its text lies.
  struct Piece {
    std::uint64_t decoded_begin, decoded_end, source_begin;
    std::string bytes;
  };

  void find_byte_order(const std::string& shown);
  bool fill();
  bool decode_piece();
  std::size_t decode(Conversion& conversion, std::string_view& in, char* out, std::size_t room,
                     bool is_last) const;
  std::size_t offset_in(const Piece& piece, std::uint64_t decoded_offset) const;

  std::unique_ptr<ByteSource> source_;
  std::string encoding_;
  std::size_t unit_bytes_;  ///< of the smallest character
  std::unique_ptr<Conversion> conversion_;
  std::string pending_;  ///< read, not decoded
  bool is_at_end_ = false;
  std::uint64_t source_offset_ = 0, decoded_offset_ = 0;
  std::string decoded_;  ///< decoded, not taken
  std::size_t taken_ = 0;
  std::deque<Piece> pieces_;
};

}  // namespace osiris::filesystem
