#include "format/tar_gzip.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "format/compression.h"

namespace osiris {

namespace {

constexpr std::size_t kBlock = 512, kPiece = 1 << 16;
/// Eleven octal digits.
constexpr std::uint64_t kLargestSize = 077777777777;

/// "27 path=a/long/name\n": the number counts the whole record, its own digits too.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest + std::to_string(rest).size();
  if (std::to_string(size).size() != std::to_string(rest).size()) size = rest + std::to_string(size).size();
  return cat(size, ' ', key, '=', value, '\n');
}

/// Puts a text into a header's field at an offset.
void put(std::array<char, kBlock>& header, std::size_t offset, std::string_view text) {
  std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 3U)
    *digit = static_cast<char>('0' + (value & 7U));
  return text;
}

/// A file that is read piece by piece.
class InputFile {
 public:
  explicit InputFile(const fs::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)) {
    struct stat facts {};
    if (!descriptor_.is_open() || ::fstat(descriptor_.descriptor(), &facts) != 0 || !S_ISREG(facts.st_mode))
      refuse("cannot read");
    size_bytes_ = static_cast<std::uint64_t>(facts.st_size);
  }

  std::uint64_t size_bytes() const { return size_bytes_; }
  std::string_view read(std::uint64_t most_bytes) {
    const ssize_t count =
        ::read(descriptor_.descriptor(), buffer_.data(), std::min<std::uint64_t>(most_bytes, buffer_.size()));
    if (count <= 0) refuse("got shorter while it was read");
    return {buffer_.data(), static_cast<std::size_t>(count)};
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw Error(ErrorKind::kUser, "file.unreadable", cat(what, ": '", path_.string(), "'"));
  }

  fs::path path_;
  Descriptor descriptor_;
  std::uint64_t size_bytes_ = 0;
  std::array<char, kPiece> buffer_{};
};

}  // namespace

/// The compressed file under its temporary name.
class TarGzip::Stream {
 public:
  explicit Stream(const fs::path& part) : part_(part), file_(part, O_CREAT | O_TRUNC | O_WRONLY) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (!part_.empty()) ::unlink(part_.c_str());
  }

  void write(std::string_view bytes) { file_.write(compressor_->write(bytes)); }
  void finish(const fs::path& path) {
    file_.write(compressor_->finish());
    file_.sync();
    file_.close();
    if (::rename(part_.c_str(), path.c_str()) != 0)
      throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write '", path.string(), "'"));
    part_.clear();
  }

 private:
  fs::path part_;
  OutputFile file_;
  const std::unique_ptr<Compressor> compressor_ = make_compressor(Compression::kGzip);
};

TarGzip::TarGzip(const fs::path& path, std::int64_t modified_at_s)
    : path_(path),
      modified_at_s_(modified_at_s),
      stream_(std::make_unique<Stream>(fs::path(path.string() + ".part" + std::to_string(::getpid())))) {}

TarGzip::~TarGzip() = default;

void TarGzip::put_header(const std::string& name, std::uint64_t size_bytes, char type) {
  // Offsets and widths of a ustar header.
  constexpr std::size_t kMode = 100, kUser = 108, kGroup = 116, kSize = 124, kTime = 136, kSum = 148,
                        kType = 156, kMagic = 257, kVersion = 263, kName = 100, kShort = 7, kLong = 11,
                        kSumDigits = 6;
  std::array<char, kBlock> header{};
  put(header, 0, std::string_view(name).substr(0, kName));
  put(header, kMode, octal(0644, kShort));
  put(header, kUser, octal(0, kShort));
  put(header, kGroup, octal(0, kShort));
  put(header, kSize, octal(std::min(size_bytes, kLargestSize), kLong));
  put(header, kTime, octal(static_cast<std::uint64_t>(std::max<std::int64_t>(modified_at_s_, 0)), kLong));
  put(header, kSum, "        ");
  header[kType] = type;
  put(header, kMagic, "ustar");
  put(header, kVersion, "00");
  std::uint64_t sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put(header, kSum, octal(sum, kSumDigits));
  header[kSum + kSumDigits] = '\0';
  stream_->write(std::string_view(header.data(), header.size()));
}

void TarGzip::pad(std::uint64_t size_bytes) {
  static constexpr std::array<char, kBlock> kZeros{};
  if (const std::size_t over = size_bytes % kBlock; over != 0) stream_->write({kZeros.data(), kBlock - over});
}

void TarGzip::begin_entry(const std::string& name, std::uint64_t size_bytes) {
  constexpr std::size_t kLongestName = 100;
  std::string records;
  if (name.size() > kLongestName) records += pax_record("path", name);
  if (size_bytes > kLargestSize) records += pax_record("size", std::to_string(size_bytes));
  if (!records.empty()) {
    put_header("pax", records.size(), 'x');
    stream_->write(records);
    pad(records.size());
  }
  put_header(name, size_bytes, '0');
}

void TarGzip::add(const std::string& name, std::string_view content) {
  begin_entry(name, content.size());
  stream_->write(content);
  pad(content.size());
}

void TarGzip::add_file(const std::string& name, const fs::path& path) {
  InputFile file(path);
  begin_entry(name, file.size_bytes());
  for (std::uint64_t left = file.size_bytes(); left > 0;) {
    const std::string_view piece = file.read(left);
    stream_->write(piece);
    left -= piece.size();
  }
  pad(file.size_bytes());
}

void TarGzip::finish() {
  const std::string end(2 * kBlock, '\0');
  stream_->write(end);
  stream_->finish(path_);
}

}  // namespace osiris
