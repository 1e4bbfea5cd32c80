#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "session/retention.h"

namespace osiris::cli {

namespace {

/// Days without a unit, as the Python original has them, or a duration.
std::int64_t age_ms(const std::string& text) {
  constexpr std::int64_t kDay = 86'400'000;
  if (const auto days = parse_integer(text)) return *days * kDay;
  if (const auto milliseconds = parse_duration_ms(text)) return *milliseconds;
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("--older-than takes days or a duration like 12h, not '", text, "'"));
}

/// GiB without a unit, as the Python original has them, or a size.
std::uint64_t size_bytes(const std::string& text) {
  constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
  if (const auto gibibytes = parse_integer(text)) return static_cast<std::uint64_t>(*gibibytes) * kGibibyte;
  if (const auto bytes = parse_size(text)) return *bytes;
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("--max-size takes GiB or a size like 500MiB, not '", text, "'"));
}

Answer collect_garbage(const Invocation& invocation) {
  RetentionRules rules;
  rules.keep_recent = invocation.count("--keep-recent");
  if (const auto age = invocation.value("--older-than")) rules.older_than_ms = age_ms(*age);
  if (const auto size = invocation.value("--max-size")) rules.max_size_bytes = size_bytes(*size);
  if (!rules.keep_recent && !rules.older_than_ms && !rules.max_size_bytes) {
    throw Error(ErrorKind::kUser, "cli.usage", "say what to keep", "osiris logs gc --keep-recent 10");
  }
  const RetentionPlan plan = plan_retention(invocation.project().logs_folder(), rules, now_ms());
  const bool is_dry = invocation.has("--dry-run");
  if (!is_dry) delete_sessions(plan);
  Answer answer;
  answer.json = to_json(plan);
  answer.json["dry_run"] = is_dry;
  for (const DoomedSession& doomed : plan.doomed) {
    answer.text += cat(is_dry ? "would delete " : "deleted ", doomed.id, "  ",
                       human_bytes(doomed.freed_bytes), "  ", doomed.reason, "\n");
  }
  for (const SparedSession& spared : plan.spared)
    answer.text += cat("kept ", spared.id, "  ", spared.reason, "\n");
  answer.text +=
      cat(counted(plan.doomed.size(), "session"), is_dry ? " to delete, " : " deleted, ", plan.kept_count,
          " kept, ", human_bytes(plan.freed_bytes()), is_dry ? " to free\n" : " freed\n");
  return answer;
}

}  // namespace

std::vector<Command> log_gc_commands() {
  return {{"logs gc",
           "",
           0,
           0,
           "Delete old sessions; never one that runs, nor the last compile",
           {{"osiris logs gc --keep-recent 10", "keeps the newest ten"},
            {"osiris logs gc --older-than 30d --dry-run", "says what would go"}},
           {{"--keep-recent", "N", "Keep the newest N sessions", {}},
            {"--older-than", "AGE", "Delete what is older: 30d, 12h; a bare number is days", {"--days"}},
            {"--max-size",
             "SIZE",
             "Delete the oldest until the rest fits: 500MiB; a bare number is GiB",
             {"--max-gb"}},
            {"--dry-run", "", "Say what would be deleted, and delete nothing", {}}},
           collect_garbage}};
}

}  // namespace osiris::cli
