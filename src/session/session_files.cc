#include "session/session_files.h"

#include <algorithm>
#include <fstream>

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
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) return {};
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  if (size <= 0) return {};
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  file.read(text.data(), size);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace osiris
