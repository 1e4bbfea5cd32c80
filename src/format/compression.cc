#include "format/compression.h"

#include <array>

#include <zlib.h>
#include <zstd.h>

namespace osiris {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
/// zlib's window of 32 KiB, with the header and the checksum of gzip around. Source: zlib.h, deflateInit2().
constexpr int kGzipWindowBits = 15 + 16;

/// Measured on the engine's 60 MB: levels above cost ten times as long for a hundredth of the size.
constexpr int kHighZstdLevel = 9;

constexpr std::string_view kCutOff = "it ends in the middle of its data";

/// A block of the compressed file.
struct Block {
  std::array<char, kBlockBytes> bytes;
  std::size_t at = 0, size = 0;

  bool refill(ByteSource& source) {
    at = 0;
    size = source.read(bytes.data(), bytes.size());
    return size > 0;
  }
  std::size_t left() const { return size - at; }
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> source, DamageError damage)
      : source_(std::move(source)), damage_(std::move(damage)) {
    invariant(::inflateInit2(&stream_, kGzipWindowBits) == Z_OK, "zlib has memory");
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { ::inflateEnd(&stream_); }

  std::size_t read(char* buffer, std::size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (block_.left() == 0 && !block_.refill(*source_)) {
        if (is_inside_member_) throw damage_(kCutOff);
        return 0;
      }
      if (!is_inside_member_ && !begin_member()) continue;
      inflate();
    }
    return size - stream_.avail_out;
  }

 private:
  /// Zeros after a member fill a tape's last block, and mean nothing.
  bool begin_member() {
    if (has_member_ && block_.bytes[block_.at] == '\0') {
      ++block_.at;
      return false;
    }
    ::inflateReset(&stream_);
    has_member_ = is_inside_member_ = true;
    return true;
  }

  void inflate() {
    stream_.next_in = reinterpret_cast<Bytef*>(block_.bytes.data() + block_.at);
    stream_.avail_in = static_cast<uInt>(block_.left());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    block_.at = block_.size - stream_.avail_in;
    if (result == Z_STREAM_END) {
      is_inside_member_ = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw damage_(stream_.msg == nullptr ? "it is not gzip" : stream_.msg);
    }
  }

  std::unique_ptr<ByteSource> source_;
  DamageError damage_;
  z_stream stream_{};
  Block block_;
  bool is_inside_member_ = false, has_member_ = false;
};

struct ReaderDeleter {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};
struct WriterDeleter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> source, DamageError damage)
      : source_(std::move(source)), damage_(std::move(damage)), stream_(ZSTD_createDStream()) {
    invariant(stream_ != nullptr, "zstd has memory");
  }

  std::size_t read(char* buffer, std::size_t size) override {
    ZSTD_outBuffer out{buffer, size, 0};
    while (out.pos == 0) {
      if (block_.left() == 0 && !is_flushing_ && !block_.refill(*source_)) {
        if (is_inside_frame_) throw damage_(kCutOff);
        return 0;
      }
      ZSTD_inBuffer in{block_.bytes.data(), block_.size, block_.at};
      const std::size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(result) != 0) throw damage_(ZSTD_getErrorName(result));
      block_.at = in.pos;
      is_inside_frame_ = result != 0;
      // A full buffer may leave decoded bytes behind, which come without any more input.
      is_flushing_ = out.pos == out.size && is_inside_frame_;
    }
    return out.pos;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  DamageError damage_;
  std::unique_ptr<ZSTD_DStream, ReaderDeleter> stream_;
  Block block_;
  bool is_inside_frame_ = false, is_flushing_ = false;
};

class GzipCompressor : public Compressor {
 public:
  explicit GzipCompressor(Effort effort) {
    const int level = effort == Effort::kHigh ? Z_BEST_COMPRESSION : Z_DEFAULT_COMPRESSION;
    constexpr int kMemoryLevel = 8;  // zlib's default
    const int result =
        ::deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    invariant(result == Z_OK, "zlib has memory");
  }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  ~GzipCompressor() override { ::deflateEnd(&stream_); }

  std::string_view write(std::string_view bytes) override { return run(bytes, Z_NO_FLUSH); }
  std::string_view finish() override { return run({}, Z_FINISH); }

 private:
  std::string_view run(std::string_view bytes, int flush) {
    out_.clear();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t filled = out_.size();
      out_.resize(filled + kBlockBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + filled);
      stream_.avail_out = kBlockBytes;
      ::deflate(&stream_, flush);
      out_.erase(out_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out_;
  }

  z_stream stream_{};
  std::string out_;
};

class ZstdCompressor : public Compressor {
 public:
  explicit ZstdCompressor(Effort effort) : context_(ZSTD_createCCtx()) {
    invariant(context_ != nullptr, "zstd has memory");
    if (effort == Effort::kHigh)
      ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kHighZstdLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  std::string_view write(std::string_view bytes) override { return run(bytes, ZSTD_e_continue); }
  std::string_view finish() override { return run({}, ZSTD_e_end); }

 private:
  std::string_view run(std::string_view bytes, ZSTD_EndDirective directive) {
    out_.clear();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t remaining = 0;
    do {
      const std::size_t filled = out_.size();
      out_.resize(filled + kBlockBytes);
      ZSTD_outBuffer out{out_.data() + filled, kBlockBytes, 0};
      remaining = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      invariant(ZSTD_isError(remaining) == 0, "zstd compresses whatever it gets");
      out_.resize(filled + out.pos);
    } while (directive == ZSTD_e_end ? remaining != 0 : in.pos < in.size);
    return out_;
  }

  std::unique_ptr<ZSTD_CCtx, WriterDeleter> context_;
  std::string out_;
};

}  // namespace

Compression compression_of(std::string_view word, std::string_view path) {
  if (word == "none") return Compression::kNone;
  if (word == "gzip") return Compression::kGzip;
  if (word == "zstd") return Compression::kZstd;
  if (path.ends_with(".gz")) return Compression::kGzip;
  return path.ends_with(".zst") ? Compression::kZstd : Compression::kNone;
}

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source, Compression compression,
                                         DamageError damage) {
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      return std::make_unique<GzipSource>(std::move(source), std::move(damage));
    case Compression::kZstd:
      return std::make_unique<ZstdSource>(std::move(source), std::move(damage));
  }
  return source;
}

std::unique_ptr<Compressor> make_compressor(Compression compression, Effort effort) {
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      return std::make_unique<GzipCompressor>(effort);
    case Compression::kZstd:
      return std::make_unique<ZstdCompressor>(effort);
  }
  return nullptr;
}

}  // namespace osiris
