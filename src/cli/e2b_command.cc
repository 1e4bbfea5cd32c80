#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "cli/remote_arguments.h"
#include "remote/housekeeping.h"

namespace osiris::cli {

namespace {

remote::E2bAccount account_of(const Invocation& invocation) {
  return remote::E2bAccount::of(invocation.project().environment());
}

std::string word_of(const remote::E2bClient::Facts& sandbox, const char* key) {
  const auto found = sandbox.metadata.find(key);
  return found == sandbox.metadata.end() ? "" : found->second;
}

/// How long ago the run began; nothing where its sandbox does not say.
std::optional<std::int64_t> age_ms(const remote::E2bClient::Facts& sandbox) {
  const auto started = parse_integer(word_of(sandbox, remote::kStartedKey));
  if (!started) return std::nullopt;
  return now_ms() - *started;
}

Json sandbox_json(const remote::E2bClient::Facts& sandbox) {
  return {{"id", sandbox.id},
          {"run", word_of(sandbox, remote::kRunKey)},
          {"host", word_of(sandbox, remote::kHostKey)},
          {"cpu_count", sandbox.cpu_count},
          {"memory_mb", sandbox.memory_mb},
          {"started_at", sandbox.started_at},
          {"ends_at", sandbox.ends_at},
          {"abandoned", remote::is_abandoned(sandbox)}};
}

Answer list_sandboxes(const Invocation& invocation) {
  const auto account = account_of(invocation);
  Cancellation never;
  remote::E2bClient client(account, never);
  Answer answer;
  answer.json["sandboxes"] = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& sandbox : sandboxes_of_runs(client)) {
    answer.json["sandboxes"].push_back(sandbox_json(sandbox));
    const auto age = age_ms(sandbox);
    rows.push_back({sandbox.id, word_of(sandbox, remote::kRunKey), word_of(sandbox, remote::kHostKey),
                    std::to_string(sandbox.cpu_count), cat(sandbox.memory_mb, " MiB"),
                    age ? human_duration(*age) : "",
                    remote::is_abandoned(sandbox) ? "its host is gone" : ""});
  }
  answer.text = rows.empty()
                    ? "no sandbox of a run\n"
                    : table_text({"SANDBOX", "RUN", "HOST", "CPUS", "MEMORY", "AGE", ""}, rows, {3, 4, 5});
  return answer;
}

Answer kill_sandboxes(const Invocation& invocation) {
  if (invocation.arguments().empty() != invocation.has("--all"))
    throw Error(ErrorKind::kUser, "cli.usage", "name a sandbox, or say --all", "osiris e2b ps lists them");
  const auto account = account_of(invocation);
  Cancellation never;
  remote::E2bClient client(account, never);
  std::vector<std::string> ids = invocation.arguments();
  if (invocation.has("--all")) {
    for (const auto& sandbox : sandboxes_of_runs(client)) ids.push_back(sandbox.id);
  }
  Answer answer;
  answer.json["killed"] = Json::array();
  for (const std::string& id : ids) {
    const bool was_there = client.kill(id);
    if (was_there) answer.json["killed"].push_back(id);
    answer.text += cat(id, was_there ? " is gone\n" : " was not there\n");
  }
  if (ids.empty()) answer.text = "no sandbox of a run\n";
  return answer;
}

Answer collect_sandboxes(const Invocation& invocation) {
  std::optional<std::int64_t> older_ms;
  if (const auto text = invocation.value("--older")) {
    older_ms = parse_duration_ms(*text);
    if (!older_ms)
      throw Error(ErrorKind::kUser, "cli.usage", cat("--older takes a time such as 1h, not '", *text, "'"));
  }
  const auto account = account_of(invocation);
  Cancellation never;
  remote::E2bClient client(account, never);
  Answer answer;
  answer.json["killed"] = Json::array();
  std::size_t left = 0;
  for (const auto& sandbox : sandboxes_of_runs(client)) {
    const auto age = age_ms(sandbox);
    if (!remote::is_abandoned(sandbox) && !(older_ms && age && *age > *older_ms)) {
      ++left;
      continue;
    }
    if (client.kill(sandbox.id)) answer.json["killed"].push_back(sandbox.id);
    answer.text += cat(sandbox.id, " of ", word_of(sandbox, remote::kRunKey), " is gone\n");
  }
  answer.json["left"] = left;
  answer.text += cat(left, left == 1 ? " sandbox" : " sandboxes", " of runs left\n");
  return answer;
}

Answer examine(const Invocation& invocation) {
  const auto account = account_of(invocation);
  Cancellation never;
  Answer answer;
  for (const auto& [what, found] : examine_account(account, never)) {
    answer.json[what] = found;
    answer.text += cat(what, ": ", found, "\n");
  }
  return answer;
}

Answer build_template(const Invocation& invocation) {
  if (invocation.arguments().front() != "build")
    throw Error(ErrorKind::kUser, "cli.usage",
                cat("a template is built, not '", invocation.arguments().front(), "'"),
                "osiris e2b template build");
  constexpr remote::E2bClient::Size kUsual{2, 1024};
  const auto account = account_of(invocation);
  const auto size = size_option(invocation, "--cpu", "--mem").value_or(kUsual);
  const auto parts = remote::WorkerParts::find(true);
  const std::string name = template_name_of(parts, size);
  Cancellation never;
  remote::E2bClient client(account, never);
  const bool is_there = client.has_template(name);
  const std::int64_t begin_us = steady_us();
  if (!is_there) client.build_template(name, size, template_files_of(parts));
  const std::int64_t duration_ms = (steady_us() - begin_us) / 1000;
  Answer answer;
  answer.json = {{"template", name},
                 {"built", !is_there},
                 {"cpu_count", size.cpu_count},
                 {"memory_mb", size.memory_mb},
                 {"duration_ms", duration_ms}};
  answer.text = cat(name, is_there ? " is there\n" : cat(" was built in ", human_duration(duration_ms), "\n"),
                    "osiris run --e2b --e2b-template ", name, "\n");
  return answer;
}

}  // namespace

std::vector<Command> e2b_commands() {
  return {{"e2b ps",
           "",
           0,
           0,
           "List the sandboxes that runs have at E2B",
           {{"osiris e2b ps", "those of the account, of whatever host"}},
           {},
           list_sandboxes},
          {"e2b kill",
           "[SANDBOX…]",
           0,
           100,
           "End sandboxes of runs",
           {{"osiris e2b kill i3e38c01b", "this one"}, {"osiris e2b kill --all", "those of all runs"}},
           {{"--all", "", "Every sandbox that a run was given", {}}},
           kill_sandboxes},
          {"e2b gc",
           "",
           0,
           0,
           "End the sandboxes whose run is gone",
           {{"osiris e2b gc", "of runs of this machine whose process has died"},
            {"osiris e2b gc --older 1h", "and of all runs that began longer ago"}},
           {{"--older", "TIME", "Also those of any host that are older", {}}},
           collect_sandboxes},
          {"e2b doctor",
           "",
           0,
           0,
           "Try the key, a sandbox, and whether its system can run this program",
           {{"osiris e2b doctor", "takes a sandbox for a moment"}},
           {},
           examine},
          {"e2b template",
           "build",
           1,
           1,
           "Build a template that has this program, for sandboxes of one size",
           {{"osiris e2b template build --cpu 4 --mem 8", "what --e2b-cpu 4 --e2b-mem 8 takes"}},
           {{"--cpu", "N", "CPUs of its sandboxes, 2 by default", {}},
            {"--mem", "GIB", "Memory of its sandboxes, 1 by default", {}}},
           build_template}};
}

}  // namespace osiris::cli
