#include "python/environment.h"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "net/wake_up.h"

namespace osiris::python {

namespace {

/// Lists what is installed, without pip, which an environment need not have.
constexpr const char* kListing =
    "import importlib.metadata as m\n"
    "for name in sorted({f\"{d.metadata['Name']}=={d.version}\" for d in m.distributions()}): print(name)\n";
constexpr std::chrono::milliseconds kLockPause{100};

std::vector<std::string> given_variables(std::initializer_list<const char*> names) {
  std::vector<std::string> variables;
  for (const char* const name : names) {
    if (const char* const value = std::getenv(name)) variables.push_back(cat(name, "=", value));
  }
  return variables;
}

/// With what an installer needs to reach its index.
std::vector<std::string> installing_environment() {
  std::vector<std::string> variables = harmless_environment();
  for (std::string& variable : given_variables(
           {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CONFIG_FILE",
            "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
            "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "XDG_CACHE_HOME"}))
    variables.push_back(std::move(variable));
  return variables;
}

/// Runs a command to its end and hands over its lines; returns whether it succeeded.
template <typename Take>
bool run(const std::vector<std::string>& command, Context& context, Take take) {
  ChildProcess child({command, installing_environment(), context.project_path(".")});
  const WakeUp wake_up(context.cancellation());
  std::string text;
  for (bool is_open = true; is_open;) {
    std::array<pollfd, 2> watched{
        {{child.output().descriptor(), POLLIN, 0}, {wake_up.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    context.cancellation().check();
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(child.output().descriptor(), buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    is_open = count != 0;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
      take(text.substr(0, end));
  }
  constexpr std::chrono::milliseconds kPatience{5000};
  return child.wait(kPatience) == 0;
}

bool has_uv(Context& context) {
  try {
    return run({"uv", "--version"}, context, [](const std::string&) {});
  } catch (const Error& error) {
    if (error.code() != "process.not_found") throw;
    return false;
  }
}

std::string version_of(const std::string& interpreter, Context& context) {
  std::string version;
  try {
    run({interpreter, "-c", "import sys; print(sys.version.replace(chr(10), ' '), sys.executable)"}, context,
        [&](const std::string& line) { version += line; });
  } catch (const Error& error) {
    if (error.code() != "process.not_found") throw;
    throw Error(ErrorKind::kUser, "python.no_interpreter",
                cat("there is no Python interpreter: '", interpreter, "'"),
                "install Python 3.9 or later, or name one with `python`");
  }
  return version;
}

/// One process makes an environment; the others wait for it.
class Lock {
 public:
  Lock(const fs::path& path, Cancellation& cancellation) : file_(path, O_CREAT | O_WRONLY) {
    while (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
      if (!wait_for(kLockPause, cancellation)) cancellation.check();
    }
  }

 private:
  OutputFile file_;
};

void make_environment(const fs::path& folder, const std::vector<std::string>& requirements,
                      const std::string& interpreter, Context& context) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  const std::string python = folder / "bin" / "python";
  std::vector<std::string> make, install;
  if (has_uv(context)) {
    make = {"uv", "venv", "--python", interpreter, folder};
    install = {"uv", "pip", "install", "--compile-bytecode", "--python", python};
  } else {
    make = {interpreter, "-m", "venv", folder};
    install = {python,           "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
               "--progress-bar", "off"};
  }
  install.insert(install.end(), requirements.begin(), requirements.end());
  const auto tell = [&](const std::string& line) { context.script_said(line); };
  if (run(make, context, tell) && run(install, context, tell)) return;
  throw Error(ErrorKind::kUser, "python.install_failed",
              cat("the packages cannot be installed: '", join(requirements, ", "), "'"),
              "the session's log has what the installer said");
}

}  // namespace

fs::path cache_folder() { return user_cache_folder() / "python"; }

std::string name_for(std::string_view bytes) {
  constexpr std::size_t kNameBytes = 24;
  return fingerprint(bytes).substr(std::string_view("sha256:").size(), kNameBytes);
}

std::vector<std::string> harmless_environment() {
  std::vector<std::string> environment{"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1",
                                       "PYTHONIOENCODING=utf-8:backslashreplace"};
  for (std::string& variable :
       given_variables({"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV"}))
    environment.push_back(std::move(variable));
  return environment;
}

fs::path environment_with(const std::vector<std::string>& requirements, const std::string& interpreter,
                          Context& context) {
  const std::string name = name_for(cat(version_of(interpreter, context), "\n", join(requirements, "\n")));
  const fs::path root = cache_folder(), folder = root / name, mark = folder / "complete";
  make_folders(root);
  const Lock lock(root / (name + ".lock"), context.cancellation());
  const fs::path python = folder / "bin" / "python";
  if (!fs::exists(mark)) {
    make_environment(folder, requirements, interpreter, context);
    write_file_atomically(mark, "");
  }
  run({python, "-c", kListing}, context,
      [&](const std::string& line) { context.script_said(cat("with ", line)); });
  return python;
}

}  // namespace osiris::python
