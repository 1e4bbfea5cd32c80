#include "remote/remote_steps.h"

#include "base/clock.h"

namespace osiris::remote {

namespace {

std::uint64_t number_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

std::optional<SessionStatus> end_of(const std::string& event) {
  if (event == "step_complete" || event == "step_settled") return SessionStatus::kSuccess;
  if (event == "step_failed") return SessionStatus::kFailed;
  if (event == "step_cancelled") return SessionStatus::kCancelled;
  return std::nullopt;
}

}  // namespace

RemoteSteps::RemoteSteps(const Manifest& manifest, const Registry& registry) {
  for (const ManifestStep& step : manifest.steps) {
    Watched& watched = steps_.emplace_back();
    watched.seen.step_id = step.id;
    watched.seen.component = step.component;
    if (const auto* component = registry.find(step.component)) watched.seen.role = component->spec.role;
  }
}

RemoteSteps::Watched* RemoteSteps::find(const std::string& step_id) {
  for (Watched& step : steps_) {
    if (step.seen.step_id == step_id) return &step;
  }
  return nullptr;
}

void RemoteSteps::take(const Json& line) {
  const std::lock_guard lock(mutex_);
  if (const std::string metric = line.value("metric", ""); !metric.empty()) {
    const Json tags = line.value("tags", Json::object());
    Watched* const step = find(tags.is_object() ? tags.value("step", "") : "");
    if (step == nullptr) return;
    const std::uint64_t value = number_of(line, "value");
    if (metric == "rows_read") step->seen.rows_read = value;
    if (metric == "rows_written") step->seen.rows_written = value;
    if (metric == "bytes_read") step->seen.bytes_read = value;
    if (metric == "bytes_written") step->seen.bytes_written = value;
    if (metric == "queue_bytes") step->seen.memory_mb = static_cast<double>(value) / 1e6;
    if (metric == "rows_written") step->pace.tell(steady_us(), step->seen.rows(), std::nullopt);
    return;
  }
  const std::string event = line.value("event", "");
  Watched* const step = find(line.value("step_id", ""));
  if (step == nullptr) return;
  if (event == "step_start") {
    step->seen.is_started = true;
    step->started_us = steady_us();
    step->pace.tell(step->started_us, 0, std::nullopt);
  }
  if (const auto status = end_of(event)) {
    step->seen.status = *status;
    step->seen.elapsed_ms = static_cast<std::int64_t>(number_of(line, "duration_ms"));
    step->seen.rows_read = std::max(step->seen.rows_read, number_of(line, "rows_read"));
    step->seen.rows_written = std::max(step->seen.rows_written, number_of(line, "rows_written"));
  }
}

std::vector<StepProgress> RemoteSteps::look() {
  const std::lock_guard lock(mutex_);
  std::vector<StepProgress> steps;
  for (Watched& step : steps_) {
    if (step.seen.is_running()) {
      step.seen.elapsed_ms = (steady_us() - step.started_us) / 1000;
      step.seen.rows_per_s = step.pace.rows_per_s();
    } else if (step.seen.elapsed_ms > 0) {
      step.seen.rows_per_s =
          static_cast<double>(step.seen.rows()) * 1000 / static_cast<double>(step.seen.elapsed_ms);
    }
    steps.push_back(step.seen);
  }
  return steps;
}

}  // namespace osiris::remote
