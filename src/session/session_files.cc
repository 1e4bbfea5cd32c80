#include "session/session_files.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace osiris {

std::optional<SessionName> parse_session_name(std::string_view name) {
  const std::size_t underscore = name.find('_');
  if (underscore == std::string_view::npos) return std::nullopt;
  const std::string_view kind = name.substr(0, underscore);
  const std::string_view digits = name.substr(underscore + 1);
  if (kind != "run" && kind != "compile") return std::nullopt;
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto started_at_ms = parse_integer(digits);
  if (!started_at_ms) return std::nullopt;
  return SessionName{kind, *started_at_ms};
}

std::string content_or_empty(const fs::path& path) {
  // Non-blocking, for a pipe would wait for a writer.
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return {};
  struct stat facts {};
  std::string text;
  if (::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode))
    text.resize(static_cast<std::size_t>(facts.st_size));
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(file, text.data() + filled, text.size() - filled);
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  ::close(file);
  text.resize(filled);
  return text;
}

}  // namespace osiris
