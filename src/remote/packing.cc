#include "remote/packing.h"

#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::remote {

std::string compressed(std::string_view bytes, Compression compression) {
  const std::unique_ptr<Compressor> compressor = make_compressor(compression, Effort::kHigh);
  std::string result(compressor->write(bytes));
  return result += compressor->finish();
}

void unpack_zstd(const fs::path& packed, const fs::path& target) {
  const MappedFile file(packed);
  const auto bytes = decompressed(
      std::make_unique<MemorySource>(file.bytes()), Compression::kZstd, [&](std::string_view why) {
        return Error(ErrorKind::kUser, "file.unreadable",
                     cat("the file is not as it was packed: '", packed.string(), "': ", why), "run again");
      });
  const fs::path part = target.string() + ".part";
  try {
    OutputFile out(part, O_CREAT | O_TRUNC | O_WRONLY);
    std::vector<char> buffer(std::size_t{128} << 10);
    while (const std::size_t count = bytes->read(buffer.data(), buffer.size()))
      out.write({buffer.data(), count});
    out.close();
  } catch (const Error&) {
    ::unlink(part.c_str());
    throw;
  }
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
