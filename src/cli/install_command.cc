#include "base/text.h"
#include "cli/command.h"

namespace osiris::cli {

namespace {

Answer install(const Invocation& invocation, const ConnectionType& type) {
  const Connections& connections = invocation.project().connections();
  const ConnectionEntry& entry = invocation.arguments().empty()
                                     ? connections.default_of(std::string(type.family))
                                     : connections.find(invocation.arguments().front());
  if (entry.family != type.family) {
    throw Error(ErrorKind::kUser, "cli.usage",
                cat("not a connection of this family: '", entry.reference(), "'"),
                cat("name one of the family ", type.family));
  }
  const ResolvedConnection connection = resolve(entry, invocation.project().environment(),
                                                invocation.registry(), invocation.project().folder());
  Answer answer;
  const std::string script = type.installation->script(connection.config);
  Cancellation never;
  const bool is_installed =
      !invocation.has("--print") && type.installation->install(connection.config, never);
  answer.json = {{"connection", entry.reference()}, {"installed", is_installed}, {"script", script}};
  answer.text = is_installed ? cat("installed at ", entry.reference(), "\n") : script;
  if (!is_installed && !invocation.has("--print")) {
    answer.messages = cat("nothing was installed: ", entry.reference(),
                          " has no way into the database itself; run the statements above there\n");
  }
  return answer;
}

}  // namespace

std::vector<Command> install_commands() {
  std::vector<Command> commands;
  for (const ConnectionType& type : all_connection_types()) {
    if (!type.installation) continue;
    const std::string name = cat(type.family, " install");
    commands.push_back({name,
                        "[@family.alias]",
                        0,
                        1,
                        std::string(type.installation->summary),
                        {{cat("osiris ", name), "installs it at the family's default connection"},
                         {cat("osiris ", name, " --print > install.sql"), "only prints the statements"}},
                        {{"--print", "", "Print the statements, run nothing", {}}},
                        [&type](const Invocation& invocation) { return install(invocation, type); }});
  }
  return commands;
}

}  // namespace osiris::cli
