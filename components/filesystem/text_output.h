#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "filesystem/text_encoding.h"
#include "format/compression.h"

namespace osiris::filesystem {

/// Turns UTF-8 text into the bytes of a file: encoded, then compressed.
class TextOutput {
 public:
  using Put = std::function<void(std::string_view bytes)>;

  /// Errors: kUser "config.invalid" for an encoding that is not known.
  TextOutput(const std::string& encoding, Compression compression, Put put);

  /// Requires: whole characters. Errors: kData "file.no_such_character"; those of `put`.
  void write(std::string_view text);
  /// Ends the compressed data; what is written after begins anew, which readers join.
  void finish();

 private:
  std::string_view encoded(std::string_view text);
  void compress(std::string_view bytes);

  std::string encoding_;
  std::optional<Conversion> conversion_;
  Compression compression_;
  std::unique_ptr<Compressor> compressor_;
  Put put_;
  std::string encoded_;
  std::uint64_t line_ = 1;
};

}  // namespace osiris::filesystem
