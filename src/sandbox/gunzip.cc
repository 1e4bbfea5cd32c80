#include "sandbox/gunzip.h"

#include <array>

#include <zlib.h>

#include "base/error.h"

namespace osiris::sandbox {

struct Gunzip::Stream {
  z_stream inflate{};
  std::array<char, 128 << 10> buffer{};
  bool is_between_members = true;
};

Gunzip::Gunzip(ByteSource source) : source_(std::move(source)), stream_(std::make_unique<Stream>()) {
  // Sixteen more than the window's bits: a gzip header and nothing else.
  constexpr int kGzip = 16 + MAX_WBITS;
  invariant(inflateInit2(&stream_->inflate, kGzip) == Z_OK, "memory is there to uncompress with");
}

Gunzip::~Gunzip() { inflateEnd(&stream_->inflate); }

std::string_view Gunzip::read() {
  const auto refuse = [](const char* why) {
    throw Error(ErrorKind::kUser, "http.bad_request",
                std::string("error decompressing request body: ") + why);
  };
  z_stream& inflater = stream_->inflate;
  for (;;) {
    if (inflater.avail_in == 0) {
      const std::string_view piece = source_();
      if (piece.empty()) {
        if (!stream_->is_between_members) refuse("it ends too early");
        return {};
      }
      inflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      inflater.avail_in = static_cast<uInt>(piece.size());
    }
    inflater.next_out = reinterpret_cast<Bytef*>(stream_->buffer.data());
    inflater.avail_out = static_cast<uInt>(stream_->buffer.size());
    if (stream_->is_between_members) inflateReset(&inflater);
    const int result = inflate(&inflater, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) refuse("it is no gzip");
    stream_->is_between_members = result == Z_STREAM_END;
    const std::size_t size = stream_->buffer.size() - inflater.avail_out;
    if (size > 0) return {stream_->buffer.data(), size};
  }
}

}  // namespace osiris::sandbox
