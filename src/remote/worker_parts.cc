#include "remote/worker_parts.h"

#include <chrono>

#include <sys/stat.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "engine/engine.h"
#include "remote/packing.h"

namespace osiris::remote {

namespace {

/// Chosen: a program that nobody has sent for so long was built over.
constexpr std::chrono::hours kKeptFor{24 * 30};

std::string digits_of(const std::string& whole) { return whole.substr(std::string_view("sha256:").size()); }

/// Keeps what can be kept: a full disk or a home that is read-only costs the next run some time.
void keep_in(const fs::path& cache, const std::string& name, std::string_view content) {
  if (cache.empty()) return;
  try {
    make_folders(cache);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(cache, ignored)) {
      if (fs::file_time_type::clock::now() - entry.last_write_time(ignored) > kKeptFor)
        fs::remove(entry.path(), ignored);
    }
    write_file_atomically(cache / name, content);
  } catch (const Error&) {
    // It is computed again.
  }
}

std::optional<std::string> kept_in(const fs::path& cache, const std::string& name) {
  if (cache.empty()) return std::nullopt;
  try {
    return read_file_if_exists(cache / name);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

WorkerPart::WorkerPart(const fs::path& file, Compression compression, fs::path cache)
    : file_(fs::canonical(file)),
      compression_(compression),
      cache_(std::move(cache)),
      digest_(kept_digest()) {}

/// By what the file system says of the file: reading a large one costs more than everything else here.
std::string WorkerPart::kept_digest() const {
  struct stat facts {};
  if (::stat(file_.c_str(), &facts) != 0)
    throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", file_.string(), "'"));
  const std::string state = cat(file_.string(), '\n', facts.st_size, '\n', facts.st_ino, '\n', facts.st_dev,
                                '\n', facts.st_mtim.tv_sec, '.', facts.st_mtim.tv_nsec, '\n',
                                facts.st_ctim.tv_sec, '.', facts.st_ctim.tv_nsec);
  const std::string name = cat(digits_of(fingerprint(state)), ".sha256");
  constexpr std::size_t kDigits = 64;
  if (auto kept = kept_in(cache_, name); kept && kept->size() == kDigits) return *kept;
  const std::string digest = digits_of(file_fingerprint(file_));
  keep_in(cache_, name, digest);
  return digest;
}

std::string WorkerPart::packed() const {
  const std::string name = cat(digest_, compression_ == Compression::kGzip ? ".gz" : ".zst");
  if (auto kept = kept_in(cache_, name)) return std::move(*kept);
  std::string result = compressed(MappedFile(file_).bytes(), compression_);
  keep_in(cache_, name, result);
  return result;
}

WorkerParts WorkerParts::find(bool wants_engine) {
  const fs::path cache = user_cache_folder() / "worker";
  WorkerParts parts{WorkerPart("/proc/self/exe", Compression::kGzip, cache), std::nullopt};
  if (!wants_engine) return parts;
  if (const auto library = engine_file()) parts.engine.emplace(*library, Compression::kZstd, cache);
  return parts;
}

}  // namespace osiris::remote
