#include "filesystem/input_text.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "format/compression.h"

namespace osiris::filesystem {

namespace {

/// A file whose bytes are counted as they come.
class CountedFile : public ByteSource {
 public:
  CountedFile(const InputPath& path, Context* context) : file_(path), context_(context) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = file_.read(buffer, size);
    if (context_ != nullptr) {
      context_->cancellation().check();
      context_->count_bytes_read(count);
    }
    return count;
  }

 private:
  InputFile file_;
  Context* context_;
};

}  // namespace

TextForm::TextForm(const Config& config)
    : compression(config.text("compression")), encoding(config.text("encoding")) {}

InputText::InputText(const InputPath& path, const TextForm& form, Context* context)
    : shown_(path.shown),
      encoding_(form.encoding),
      bytes_(decompressed(std::make_unique<CountedFile>(path, context),
                          compression_of(form.compression, path.path.native()), damage_of(path))) {
  if (!is_utf8(form.encoding))
    decoder_ = std::make_unique<TextDecoder>(std::move(bytes_), form.encoding, path.shown);
}

std::size_t InputText::read(char* buffer, std::size_t size) {
  if (decoder_) return decoder_->read(buffer, size);
  const std::size_t count = bytes_->read(buffer, size);
  if (std::exchange(is_at_start_, false)) {
    const std::string_view text(buffer, count);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
      throw Error(ErrorKind::kData, "file.encoding",
                  cat("the file begins with the byte order mark of UTF-16: '", shown_, "'"),
                  "set encoding: utf-16");
    }
  }
  return count;
}

std::uint64_t InputText::source_offset(std::uint64_t text_offset) const {
  return decoder_ ? decoder_->source_offset(text_offset) : text_offset;
}

std::string InputText::original(std::uint64_t text_offset, std::string_view text) const {
  return decoder_ ? decoder_->source_bytes(text_offset, text_offset + text.size()) : std::string(text);
}

void InputText::forget_before(std::uint64_t text_offset) {
  if (decoder_) decoder_->forget_before(text_offset);
}

std::string InputText::encoding_problem(std::uint64_t text_offset, std::string_view text) const {
  const std::uint64_t bad = text_offset + find_invalid_utf8(text);
  return cat("the bytes are not ", decoder_ ? encoding_ : "UTF-8", " from byte ", source_offset(bad), " on");
}

}  // namespace osiris::filesystem
