#include "sandbox/envd_settings.h"

#include <filesystem>

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
  settings.blocks_unattended = message.flag("blocks_unattended");
  settings.signals_leader_only = message.flag("signals_leader_only");
  if (settings.blocks_unattended) settings.end_kept = std::chrono::milliseconds(0);
  return settings;
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
