#include "sandbox/chaos.h"

#include <limits>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

[[noreturn]] void refuse_chaos(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.bad_chaos", message, "docs/sandbox.md has the faults");
}

std::int64_t chaos_number(const Json& value, const std::string& name) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
    refuse_chaos(cat("a fault takes a whole number: '", name, "'"));
  return value.get<std::int64_t>();
}

std::string chaos_text(const Json& value, const std::string& name) {
  if (!value.is_string()) refuse_chaos(cat("a fault takes a text: '", name, "'"));
  return value.get<std::string>();
}

}  // namespace

Chaos::Chaos(fs::path file) : file_(std::move(file)) { load(); }

Chaos::Rule Chaos::rule_of(const Json& entry) {
  constexpr int kDiskFull = 507;
  constexpr std::int64_t kMsPerSecond = 1000;
  if (!entry.is_object()) refuse_chaos("a fault is an object");
  Rule rule;
  rule.left_count = std::numeric_limits<std::int64_t>::max();
  for (const auto& [name, value] : entry.items()) {
    if (name == "path") {
      rule.path = chaos_text(value, name);
    } else if (name == "method") {
      rule.method = chaos_text(value, name);
    } else if (name == "skip") {
      rule.skipped_count = chaos_number(value, name);
    } else if (name == "times") {
      rule.left_count = chaos_number(value, name);
    } else if (name == "delay_ms") {
      rule.fault.delay_ms = chaos_number(value, name);
    } else if (name == "status") {
      rule.fault.status = static_cast<int>(chaos_number(value, name));
    } else if (name == "message") {
      rule.fault.message = chaos_text(value, name);
    } else if (name == "hang") {
      rule.fault.hangs = value == true;
    } else if (name == "gone_s") {
      rule.gone_ms = chaos_number(value, name) * kMsPerSecond;
    } else if (name == "expire") {
      rule.fault.expires = value == true;
    } else if (name == "disk_full") {
      rule.fault.status = kDiskFull;
      rule.fault.message = "not enough disk space available";
    } else if (name == "cut_after_frames") {
      rule.fault.cut.after_frames = static_cast<std::uint64_t>(chaos_number(value, name));
    } else if (name == "cut_at_byte") {
      rule.fault.cut.after_bytes = static_cast<std::uint64_t>(chaos_number(value, name));
    } else {
      refuse_chaos(cat("unknown fault: '", name, "'"));
    }
  }
  return rule;
}

void Chaos::load() {
  read_at_ = fs::last_write_time(file_);
  const Json text = Json::parse(read_file(file_), nullptr, false);
  if (!text.is_object()) refuse_chaos(cat("the faults are no JSON object: '", file_.string(), "'"));
  rules_.clear();
  for (const Json& entry : text.value("faults", Json::array())) rules_.push_back(rule_of(entry));
  is_old_envd_ = text.value("old_envd", false);
}

ChaosFault Chaos::fault_of(const HttpHead& head) {
  const std::lock_guard lock(mutex_);
  std::error_code none;
  if (const auto changed_at = fs::last_write_time(file_, none); !none && changed_at != read_at_) load();
  ChaosFault all;
  for (Rule& rule : rules_) {
    if (!head.path.starts_with(rule.path) || (!rule.method.empty() && head.method != rule.method)) continue;
    if (rule.skipped_count > 0) {
      --rule.skipped_count;
      continue;
    }
    if (rule.left_count == 0) continue;
    if (rule.gone_ms > 0) {
      // From the first request on, whatever their number.
      if (rule.gone_until_ms == 0) rule.gone_until_ms = now_ms() + rule.gone_ms;
      all.is_gone = all.is_gone || now_ms() < rule.gone_until_ms;
      continue;
    }
    --rule.left_count;
    all.delay_ms += rule.fault.delay_ms;
    if (rule.fault.status != 0) {
      all.status = rule.fault.status;
      all.message = rule.fault.message;
    }
    all.hangs = all.hangs || rule.fault.hangs;
    all.expires = all.expires || rule.fault.expires;
    if (rule.fault.cut.after_frames) all.cut.after_frames = rule.fault.cut.after_frames;
    if (rule.fault.cut.after_bytes) all.cut.after_bytes = rule.fault.cut.after_bytes;
  }
  return all;
}

}  // namespace osiris::sandbox
