#include "sandbox/gunzip.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "format/compression.h"

namespace osiris::sandbox {

namespace {

/// Pieces as bytes that are asked for by their number.
class PieceBytes : public ByteSource {
 public:
  explicit PieceBytes(PieceSource pieces) : pieces_(std::move(pieces)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    if (rest_.empty()) rest_ = pieces_();
    const std::size_t count = rest_.copy(buffer, size);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  PieceSource pieces_;
  std::string_view rest_;
};

/// A body while it is uncompressed.
struct Gunzip {
  std::unique_ptr<ByteSource> bytes;
  std::array<char, 128 << 10> buffer{};
};

}  // namespace

PieceSource gunzipped(PieceSource pieces) {
  const auto refuse = [](std::string_view why) {
    return Error(ErrorKind::kUser, "http.bad_request", cat("error decompressing request body: ", why));
  };
  // Shared, for a function can be copied.
  auto gunzip = std::make_shared<Gunzip>();
  gunzip->bytes = decompressed(std::make_unique<PieceBytes>(std::move(pieces)), Compression::kGzip, refuse);
  return [gunzip] {
    return std::string_view(gunzip->buffer.data(),
                            gunzip->bytes->read(gunzip->buffer.data(), gunzip->buffer.size()));
  };
}

}  // namespace osiris::sandbox
