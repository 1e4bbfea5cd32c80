#include "sandbox/envd_settings.h"

#include <filesystem>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/call_message.h"

namespace osiris::sandbox {

EnvdSettings envd_settings(const Json& json) {
  const CallMessage message(json);
  EnvdSettings settings;
  settings.variables = message.texts_by_name("envs");
  const auto take = [&](const char* key, std::string& value) {
    if (message.has(key)) value = message.text(key);
  };
  take("user", settings.user);
  take("home", settings.home);
  take("workdir", settings.folder);
  if (settings.folder.empty()) settings.folder = settings.home;
  if (!settings.home.starts_with('/') || !settings.folder.starts_with('/'))
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument", "home and workdir are absolute paths");
  settings.memory_bytes = static_cast<std::uint64_t>(message.number("memory_bytes"));
  settings.process_count = static_cast<std::uint64_t>(message.number("process_count"));
  settings.blocks_unattended = message.flag("blocks_unattended");
  settings.signals_leader_only = message.flag("signals_leader_only");
  if (settings.blocks_unattended) settings.end_kept = std::chrono::milliseconds(0);
  return settings;
}

void limit_this_process(const EnvdSettings& settings) {
  // Source: proc(5), /proc/pid/statm: size, resident, shared, text, lib, data.
  constexpr int kDataWord = 6;
  std::ifstream file("/proc/self/statm");
  std::uint64_t data_pages = 0;
  for (int word = 0; word < kDataWord; ++word) file >> data_pages;
  const std::uint64_t mapped_bytes = data_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  // With a sanitizer in it a program has mapped terabytes by now, and could not go on.
  const rlimit memory{settings.memory_bytes, settings.memory_bytes};
  if (settings.memory_bytes > mapped_bytes) ::setrlimit(RLIMIT_DATA, &memory);
  const rlimit count{settings.process_count, settings.process_count};
  if (settings.process_count > 0) ::setrlimit(RLIMIT_NPROC, &count);
}

std::string expanded_path(std::string_view path, const EnvdSettings& settings) {
  namespace fs = std::filesystem;
  if (path.find('\0') != std::string_view::npos)
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument", "a path with a zero byte");
  fs::path whole;
  if (path == "~" || path.starts_with("~/")) {
    whole = cat(settings.home, path.substr(1));
  } else if (path.starts_with('~')) {
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("the home of another user is not known: '", path, "'"));
  } else {
    whole = fs::path(settings.folder) / path;
  }
  std::string text = whole.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace osiris::sandbox
