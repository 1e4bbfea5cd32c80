#include "sandbox/sandbox_list.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// Source: E2B's API, a page's default and most.
constexpr std::size_t kPageSize = 100;

[[noreturn]] void refuse_query(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", message);
}

/// Where a sandbox is in the order; the list may change between two pages.
std::string place_of(const Sandbox& sandbox) {
  // As many digits in every year up to 2286.
  return cat(sandbox.facts().started_ms, "-", sandbox.facts().id);
}

}  // namespace

std::map<std::string, std::string> metadata_of_query(const std::string& text) {
  std::map<std::string, std::string> metadata;
  for (const std::string& pair : split(percent_decoded(text, true), '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) continue;
    metadata[percent_decoded(pair.substr(0, equals), true)] = percent_decoded(pair.substr(equals + 1), true);
  }
  return metadata;
}

SandboxListQuery::SandboxListQuery(const HttpHead& head, bool is_second)
    : metadata_(metadata_of_query(head.parameter("metadata").value_or(""))),
      template_name_(head.parameter("template").value_or("")),
      wants_paused_(is_second),
      limit_(is_second ? kPageSize : SIZE_MAX) {
  if (const auto states = head.parameter("state"); states && !states->empty()) {
    wants_running_ = wants_paused_ = false;
    for (const std::string& state : split(*states, ',')) {
      if (state != "running" && state != "paused")
        refuse_query(cat("a state is running or paused, not '", state, "'"));
      (state == "running" ? wants_running_ : wants_paused_) = true;
    }
  }
  if (const auto limit = head.parameter("limit")) {
    const std::int64_t count = parse_integer(*limit).value_or(0);
    if (count < 1 || count > static_cast<std::int64_t>(kPageSize))
      refuse_query(cat("a limit is from 1 to ", kPageSize));
    limit_ = static_cast<std::size_t>(count);
  }
  if (const auto order = head.parameter("order")) is_ascending_ = *order == "asc";
  if (const auto time = head.parameter("startedAfter")) {
    const auto ms = parse_iso8601(*time);
    if (!ms) refuse_query(cat("startedAfter is a time such as 2024-02-29T23:59:59.123Z, not '", *time, "'"));
    started_after_ms_ = *ms;
  }
  if (const auto token = head.parameter("nextToken"); token && !token->empty()) {
    const auto place = from_base64(*token);
    if (!place) refuse_query("the nextToken is none that a list gave");
    after_ = *place;
  }
}

bool SandboxListQuery::wants(const Sandbox& sandbox) const {
  const SandboxFacts& facts = sandbox.facts();
  const bool has_state = sandbox.state() == SandboxState::kPaused ? wants_paused_ : wants_running_;
  if (!has_state || facts.started_ms <= started_after_ms_) return false;
  if (!template_name_.empty() && template_name_ != facts.template_id && template_name_ != facts.template_name)
    return false;
  return std::all_of(metadata_.begin(), metadata_.end(), [&](const auto& wanted) {
    const auto found = facts.metadata.find(wanted.first);
    return found != facts.metadata.end() && found->second == wanted.second;
  });
}

SandboxListQuery::Page SandboxListQuery::page(std::vector<SandboxTable::Entry> all) const {
  Page page;
  if (is_ascending_) std::reverse(all.begin(), all.end());
  for (SandboxTable::Entry& sandbox : all) {
    if (sandbox->state() == SandboxState::kRunning) ++page.running_count;
    if (!wants(*sandbox)) continue;
    const std::string place = place_of(*sandbox);
    if (!after_.empty() && (is_ascending_ ? place <= after_ : place >= after_)) continue;
    if (page.sandboxes.size() < limit_) {
      page.sandboxes.push_back(std::move(sandbox));
    } else {
      page.next_token = to_base64(place_of(*page.sandboxes.back()));
    }
  }
  return page;
}

}  // namespace osiris::sandbox
