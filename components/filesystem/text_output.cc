#include "filesystem/text_output.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

TextOutput::TextOutput(const std::string& encoding, Compression compression, Put put)
    : encoding_(encoding), compression_(compression), put_(std::move(put)) {
  if (!is_utf8(encoding)) conversion_ = Conversion::from_utf8(encoding);
}

void TextOutput::write(std::string_view text) { compress(conversion_ ? encoded(text) : text); }

std::string_view TextOutput::encoded(std::string_view text) {
  std::string_view rest = text;
  encoded_.resize(std::max(encoded_.capacity(), text.size() + text.size() / 2));
  std::size_t filled = 0;
  for (;;) {
    char* out = encoded_.data() + filled;
    const auto outcome = conversion_->run(rest, out, encoded_.data() + encoded_.size());
    filled = static_cast<std::size_t>(out - encoded_.data());
    if (outcome == Conversion::Outcome::kDone) break;
    if (outcome == Conversion::Outcome::kNoRoom) {
      encoded_.resize(2 * encoded_.size() + 64);
      continue;
    }
    const std::string_view before = text.substr(0, text.size() - rest.size());
    // From 1 to 4 bytes, as its first one says.
    std::size_t size = 1;
    while (size < rest.size() && !is_valid_utf8(rest.substr(0, size))) ++size;
    throw Error(
        ErrorKind::kData, "file.no_such_character",
        cat("line ", line_ + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')),
            " of the file has a character that is not in ", encoding_, ": '", rest.substr(0, size), "'"),
        "write utf-8, or replace such characters in a SQL step");
  }
  line_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  return std::string_view(encoded_).substr(0, filled);
}

void TextOutput::compress(std::string_view bytes) {
  if (compression_ == Compression::kNone) return put_(bytes);
  if (!compressor_) compressor_ = make_compressor(compression_);
  if (const std::string_view ready = compressor_->write(bytes); !ready.empty()) put_(ready);
}

void TextOutput::finish() {
  encoded_ = {};
  if (!compressor_) return;
  if (const std::string_view ready = compressor_->finish(); !ready.empty()) put_(ready);
  compressor_.reset();
}

}  // namespace osiris::filesystem
