#include "filesystem/input_file.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPatternMarks = "*?[";

[[noreturn]] void throw_not_found(const std::string& what, const std::string& path) {
  throw Error(ErrorKind::kUser, "file.not_found", cat(what, ": '", path, "'"),
              "a relative path starts at the project's folder");
}

/// The project's own folder may hold characters that a pattern would read as its marks.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kPatternMarks.find(c) != std::string_view::npos || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

struct GlobResult {
  glob_t found{};
  GlobResult() = default;
  GlobResult(const GlobResult&) = delete;
  GlobResult& operator=(const GlobResult&) = delete;
  ~GlobResult() { ::globfree(&found); }
};

/// Files only, sorted by bytes: glob itself would sort by the locale.
std::vector<std::string> matching_files(const std::string& pattern) {
  GlobResult result;
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &result.found) != 0) return files;
  for (std::size_t index = 0; index < result.found.gl_pathc; ++index) {
    std::error_code ignored;
    const std::string file = result.found.gl_pathv[index];
    if (!fs::is_directory(file, ignored)) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<InputPath> find_input_files(const std::string& path, Context& context) {
  if (path == kStandardStream) return {{"/dev/stdin", path}};
  const std::string absolute = context.project_path(path).string();
  std::error_code ignored;
  if (fs::exists(absolute, ignored) || path.find_first_of(kPatternMarks) == std::string::npos) {
    return {{absolute, path}};
  }
  const std::size_t folder_size = absolute.ends_with(path) ? absolute.size() - path.size() : 0;
  std::vector<InputPath> files;
  for (const std::string& file :
       matching_files(escaped(absolute.substr(0, folder_size)) + absolute.substr(folder_size))) {
    files.push_back({file, file.substr(folder_size)});
  }
  if (files.empty()) throw_not_found("no file matches the pattern", path);
  return files;
}

std::optional<std::uint64_t> size_of(const std::vector<InputPath>& files) {
  std::uint64_t bytes = 0;
  for (const InputPath& file : files) {
    struct stat facts {};
    if (::stat(file.path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
    bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  return bytes;
}

InputFile::InputFile(InputPath path) : path_(std::move(path)) {
  descriptor_ = path_.is_standard_input() ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                          : ::open(path_.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    if (errno == ENOENT || errno == ENOTDIR) throw_not_found("no such file", path_.shown);
    throw_unreadable();
  }
  struct stat facts {};
  if (::fstat(descriptor_, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    ::close(descriptor_);
    throw Error(ErrorKind::kUser, "file.is_directory", cat("not a file but a directory: '", path_.shown, "'"),
                "name a file inside it, or a pattern such as *.csv");
  }
  size_bytes_ = static_cast<std::uint64_t>(facts.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::throw_unreadable() const {
  throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", path_.shown, "'"));
}

std::size_t InputFile::read(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw_unreadable();
  }
}

DamageError damage_of(const InputPath& path) {
  return [shown = path.shown](std::string_view why) {
    return Error(ErrorKind::kData, "file.damaged", cat("cannot decompress '", shown, "': ", why),
                 "get the file again; what was read before this place is not used");
  };
}

std::vector<std::string> shown_inputs(const std::vector<InputPath>& paths) {
  constexpr std::size_t kMostShown = 10;
  std::vector<std::string> shown;
  for (const InputPath& path : paths) {
    if (path.is_standard_input()) {
      shown.emplace_back("the standard input");
    } else if (shown.size() < kMostShown) {
      shown.push_back(cat("file ", path.shown, " (", human_bytes(InputFile(path).size_bytes()), ")"));
    }
  }
  if (paths.size() > kMostShown)
    shown.push_back(cat("and ", counted(paths.size() - kMostShown, "more file")));
  return shown;
}

}  // namespace osiris::filesystem
