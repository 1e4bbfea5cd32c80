#include "session/retention.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "session/last_compile.h"
#include "session/session_files.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

struct Candidate {
  std::string id;
  fs::path folder;
  std::uint64_t size_bytes = 0;
  std::string reason;  ///< why it should go; empty while it stays
};

std::string age_text(std::int64_t milliseconds) {
  constexpr std::int64_t kDayMs = 86'400'000;
  return milliseconds % kDayMs == 0 ? cat(milliseconds / kDayMs, " d") : human_duration(milliseconds);
}

/// What a session must be spared for; empty where nothing speaks for it.
std::string reason_to_spare(const Candidate& session, const std::optional<LastCompile>& last) {
  if (last && std::ranges::any_of(fs::path(last->manifest),
                                  [&](const fs::path& part) { return part == session.id; })) {
    return "it holds the last compile";
  }
  if (read_summary(session.folder).status == SessionStatus::kRunning) return "it runs";
  return {};
}

/// Marks what is too old, or everything where only the number to keep was given.
void mark_by_age(std::span<Candidate> old, const RetentionRules& rules, std::int64_t now_ms) {
  for (Candidate& session : old) {
    const std::int64_t age_ms = now_ms - parse_session_name(session.id)->started_at_ms;
    if (rules.older_than_ms && age_ms > *rules.older_than_ms) {
      session.reason = cat("older than ", age_text(*rules.older_than_ms));
    } else if (rules.keep_recent && !rules.older_than_ms && !rules.max_size_bytes) {
      session.reason = cat("not among the newest ", *rules.keep_recent);
    }
  }
}

/// Marks the oldest until the rest, the newest that are kept included, fits.
void mark_by_size(std::span<Candidate> all, std::span<Candidate> old, std::uint64_t max_size_bytes) {
  std::uint64_t total = 0;
  for (const Candidate& session : all) {
    if (session.reason.empty()) total += session.size_bytes;
  }
  for (auto session = old.rbegin(); session != old.rend() && total > max_size_bytes; ++session) {
    if (!session->reason.empty()) continue;
    session->reason = cat("over ", human_bytes(max_size_bytes), " in all");
    total -= session->size_bytes;
  }
}

}  // namespace

std::uint64_t RetentionPlan::freed_bytes() const {
  std::uint64_t total = 0;
  for (const DoomedSession& session : doomed) total += session.freed_bytes;
  return total;
}

RetentionPlan plan_retention(const fs::path& logs_root, const RetentionRules& rules, std::int64_t now_ms) {
  std::vector<Candidate> all;
  for (std::string& id : session_ids(logs_root)) {
    const fs::path folder = logs_root / id;
    all.push_back(
        {.id = std::move(id), .folder = folder, .size_bytes = folder_size_bytes(folder), .reason = {}});
  }
  const std::size_t protected_count = std::min<std::size_t>(rules.keep_recent.value_or(0), all.size());
  const std::span<Candidate> old = std::span(all).subspan(protected_count);
  mark_by_age(old, rules, now_ms);
  if (rules.max_size_bytes) mark_by_size(all, old, *rules.max_size_bytes);

  RetentionPlan plan;
  const auto last = read_last_compile(logs_root);
  for (auto session = all.rbegin(); session != all.rend(); ++session) {
    if (session->reason.empty()) continue;
    if (std::string reason = reason_to_spare(*session, last); !reason.empty()) {
      plan.spared.push_back({session->id, std::move(reason)});
    } else {
      plan.doomed.push_back({session->id, session->folder, std::move(session->reason), session->size_bytes});
    }
  }
  plan.kept_count = all.size() - plan.doomed.size();
  return plan;
}

void delete_sessions(const RetentionPlan& plan) {
  std::string undeletable;
  std::error_code first_problem;
  for (const DoomedSession& session : plan.doomed) {
    std::error_code problem;
    // status.json goes last: a deletion that was interrupted leaves what is still a session.
    for (const fs::directory_entry& entry : fs::directory_iterator(session.folder, problem)) {
      if (entry.path().filename() != kStatusFile) fs::remove_all(entry.path(), problem);
    }
    fs::remove_all(session.folder, problem);
    if (!problem || problem == std::errc::no_such_file_or_directory || !undeletable.empty()) continue;
    undeletable = session.id;
    first_problem = problem;
  }
  if (undeletable.empty()) return;
  throw Error(ErrorKind::kUser, "session.undeletable",
              cat("cannot delete a session: ", first_problem.message(), ": '", undeletable, "'"),
              "check who owns the folder");
}

Json to_json(const RetentionPlan& plan) {
  Json object = {{"deleted_count", plan.doomed.size()},
                 {"freed_bytes", plan.freed_bytes()},
                 {"kept_count", plan.kept_count}};
  Json& deleted = object["deleted"] = Json::array();
  for (const DoomedSession& session : plan.doomed) {
    deleted.push_back(
        {{"session", session.id}, {"reason", session.reason}, {"freed_bytes", session.freed_bytes}});
  }
  Json& spared = object["spared"] = Json::array();
  for (const SparedSession& session : plan.spared) {
    spared.push_back({{"session", session.id}, {"reason", session.reason}});
  }
  return object;
}

}  // namespace osiris
