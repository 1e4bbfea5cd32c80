#include "cli/session_argument.h"

#include "base/error.h"
#include "base/text.h"
#include "session/session_reader.h"

namespace osiris::cli {

namespace {

std::optional<std::string> named(const Invocation& invocation) {
  const auto option = invocation.value("--session");
  if (invocation.arguments().empty()) return option;
  if (option) throw Error(ErrorKind::kUser, "cli.usage", "the session is named twice", "name it once");
  return invocation.arguments().front();
}

}  // namespace

Option session_option(const std::string& help) { return {"--session", "ID", help, {}}; }

fs::path named_session(const Invocation& invocation) {
  const auto id = named(invocation);
  if (!id) {
    throw Error(ErrorKind::kUser, "cli.usage", "name a session",
                "osiris logs show --session run_<ms>, or osiris logs last");
  }
  const fs::path logs_folder = invocation.project().logs_folder();
  return logs_folder / find_session(logs_folder, *id);
}

fs::path named_or_newest_session(const Invocation& invocation) {
  return named(invocation) ? named_session(invocation) : newest_run(invocation);
}

fs::path newest_run(const Invocation& invocation) {
  const fs::path logs_folder = invocation.project().logs_folder();
  return logs_folder / osiris::newest_run(logs_folder);
}

}  // namespace osiris::cli
