#include "remote/packing.h"

#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::remote {

namespace {

/// Measured on the engine's 60 MB: levels above cost ten times as long for a hundredth of the size.
constexpr int kZstdLevel = 9;

struct ZstdFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

[[noreturn]] void refuse_packed(const fs::path& path) {
  throw Error(ErrorKind::kUser, "file.unreadable",
              cat("the file is not as it was packed: '", path.string(), "'"), "run again");
}

}  // namespace

std::string gzipped(std::string_view bytes) {
  // Sixteen more than the window's bits: a gzip header, whose time zlib leaves zero.
  constexpr int kGzip = 16 + MAX_WBITS, kMemory = 8;
  z_stream stream{};
  const int begun = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
  invariant(begun == Z_OK, "memory is there to compress with");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  invariant(ended == Z_STREAM_END, "the bound holds what is compressed");
  return packed;
}

std::string zstd_packed(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kZstdLevel);
  invariant(ZSTD_isError(size) == 0, "the bound holds what is compressed");
  packed.resize(size);
  return packed;
}

void unpack_zstd(const fs::path& packed, const fs::path& target) {
  const MappedFile file(packed);
  const fs::path part = target.string() + ".part";
  const auto refuse = [&] {
    ::unlink(part.c_str());
    refuse_packed(packed);
  };
  OutputFile out(part, O_CREAT | O_TRUNC | O_WRONLY);
  const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
  std::vector<char> buffer(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{file.bytes().data(), file.bytes().size(), 0};
  std::size_t expected = 1;  // bytes that the frame still wants; 0 at its end
  while (in.pos < in.size) {
    ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
    expected = ZSTD_decompressStream(context.get(), &piece, &in);
    if (ZSTD_isError(expected) != 0) refuse();
    out.write({buffer.data(), piece.pos});
  }
  if (expected != 0) refuse();
  out.close();
  fs::rename(part, target);
}

MappedFile::MappedFile(const fs::path& path) {
  const auto refuse = [&] {
    throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", path.string(), "'"));
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) refuse();
  struct stat facts {};
  const bool is_known = ::fstat(descriptor, &facts) == 0;
  size_ = is_known ? static_cast<std::size_t>(facts.st_size) : 0;
  // An empty file cannot be mapped, and need not be.
  if (size_ > 0) begin_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  ::close(descriptor);
  if (!is_known || begin_ == MAP_FAILED) refuse();
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(begin_, size_);
}

}  // namespace osiris::remote
