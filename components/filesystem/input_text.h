#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "component/component.h"
#include "filesystem/input_file.h"
#include "filesystem/text_encoding.h"

namespace osiris::filesystem {

/// How the bytes of a step's files become text: the keys `compression` and `encoding`.
struct TextForm {
  std::string compression, encoding;

  explicit TextForm(const Config& config);
};

/// A file's text as UTF-8 while it is read: decompressed and decoded. Counts the bytes it takes from the
/// file, where a context is given.
class InputText : public ByteSource {
 public:
  /// Errors: those of InputFile, compression.h and text_encoding.h; kData "file.encoding" for UTF-16 that was
  /// not announced.
  InputText(const InputPath& path, const TextForm& form, Context* context);

  const std::string& shown() const { return shown_; }
  std::size_t read(char* buffer, std::size_t size) override;

  /// Where in the file's decompressed bytes a place of the text is. Requires: not before what was forgotten.
  std::uint64_t source_offset(std::uint64_t text_offset) const;
  /// The bytes behind a piece of the text that begins at an offset.
  std::string original(std::uint64_t text_offset, std::string_view text) const;
  void forget_before(std::uint64_t text_offset);
  /// Why text is malformed, where it is its bytes that are.
  std::string encoding_problem(std::uint64_t text_offset, std::string_view text) const;

 private:
  std::string shown_, encoding_;
  std::unique_ptr<ByteSource> bytes_;     ///< of UTF-8
  std::unique_ptr<TextDecoder> decoder_;  ///< of any other encoding
  bool is_at_start_ = true;
};

}  // namespace osiris::filesystem
