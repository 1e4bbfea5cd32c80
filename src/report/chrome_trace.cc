#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "report/exports.h"

namespace osiris {

namespace {

constexpr int kProcess = 1, kRunThread = 0;

/// What is drawn as a line over time; other metrics are told once, with the step.
const std::set<std::string, std::less<>> kCounters{"rows_read", "rows_written", "queue_bytes",
                                                   "memory_usage_mb"};

class TraceWriter {
 public:
  explicit TraceWriter(const RunStory& story) : story_(story) {}

  std::string write() {
    name_threads();
    add_run();
    for (std::size_t index = 0; index < story_.steps.size(); ++index)
      add_step(story_.steps[index], static_cast<int>(index) + 1);
    add_counters();
    add_instants();
    Json others{{"session", story_.detail.summary.id},
                {"pipeline", story_.detail.summary.pipeline},
                {"status", to_string(story_.detail.summary.status)}};
    return cat("{\"displayTimeUnit\":\"ms\",\"otherData\":", line(others), ",\"traceEvents\":[", events_,
               "\n]}\n");
  }

 private:
  static std::string line(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  static double microseconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) * 1000; }

  void add(const Json& event) { events_ += cat(events_.empty() ? "\n" : ",\n", line(event)); }
  void name(std::string_view what, int thread, const Json& arguments) {
    add({{"name", what}, {"ph", "M"}, {"pid", kProcess}, {"tid", thread}, {"args", arguments}});
  }
  void add_span(const std::string& name, std::string_view category, int thread, std::int64_t begin_ms,
                std::int64_t duration_ms, const Json& arguments) {
    add({{"name", name},
         {"cat", category},
         {"ph", "X"},
         {"pid", kProcess},
         {"tid", thread},
         {"ts", microseconds(begin_ms)},
         {"dur", microseconds(duration_ms)},
         {"args", arguments}});
  }

  void name_threads() {
    name("process_name", kRunThread, {{"name", story_.detail.summary.pipeline}});
    name("thread_name", kRunThread, {{"name", "run"}});
    for (std::size_t index = 0; index < story_.steps.size(); ++index) {
      const int thread = static_cast<int>(index) + 1;
      name("thread_name", thread, {{"name", story_.steps[index].id}});
      name("thread_sort_index", thread, {{"sort_index", thread}});
    }
  }

  void add_run() {
    const SessionSummary& summary = story_.detail.summary;
    add_span(summary.pipeline, "run", kRunThread, 0, story_.duration_ms(),
             {{"status", to_string(summary.status)},
              {"total_rows", summary.total_rows},
              {"peak_memory_mb", story_.detail.peak_memory_mb}});
  }

  void add_step(const StepStory& step, int thread) {
    if (!step.begin_ms) return;
    Json arguments{{"component", step.component},
                   {"status", to_string(step.status)},
                   {"rows_read", step.rows_read},
                   {"rows_written", step.rows_written},
                   {"bytes_read", static_cast<std::uint64_t>(step.bytes_read)},
                   {"bytes_written", static_cast<std::uint64_t>(step.bytes_written)},
                   {"attempt_count", step.attempts}};
    if (step.busy_ms) {
      arguments["busy_ms"] = *step.busy_ms;
      arguments["waiting_ms"] = std::max(static_cast<double>(step.duration_ms) - *step.busy_ms, 0.0);
    }
    add_span(step.id, step.role.empty() ? "step" : step.role, thread, *step.begin_ms, step.duration_ms,
             arguments);
    add_attempts(step, thread);
  }

  /// Inside of a step that was tried again: each attempt, and the waits between them.
  void add_attempts(const StepStory& step, int thread) {
    if (step.retries.empty()) return;
    std::int64_t begin_ms = *step.begin_ms;
    const std::int64_t end_ms = *step.begin_ms + step.duration_ms;
    for (const auto& [at_ms, retry] : step.retries) {
      const std::int64_t failed_ms = std::clamp(at_ms, begin_ms, end_ms);
      const std::int64_t again_ms = std::min(failed_ms + retry.delay_ms, end_ms);
      add_span(cat("attempt ", retry.attempt - 1), "attempt", thread, begin_ms, failed_ms - begin_ms,
               {{"error", retry.error.message}, {"code", retry.error.code}});
      add_span(cat("wait before attempt ", retry.attempt), "wait", thread, failed_ms, again_ms - failed_ms,
               Json::object());
      begin_ms = again_ms;
    }
    add_span(cat("attempt ", step.attempts), "attempt", thread, begin_ms, end_ms - begin_ms, Json::object());
  }

  void add_counters() {
    for_each_json_line(story_.metrics, [this](const Json& metric) { add_counter(metric); });
  }

  void add_counter(const Json& metric) {
    const auto text = [](const Json& object, const char* key) {
      const auto found = object.find(key);
      return found != object.end() && found->is_string() ? found->get<std::string>() : "";
    };
    const auto at_ms = parse_iso8601(text(metric, "ts"));
    const auto value = metric.find("value"), tags = metric.find("tags");
    const std::string metric_name = text(metric, "metric");
    if (!at_ms || value == metric.end() || !value->is_number() || !kCounters.contains(metric_name)) return;
    const std::string step = tags != metric.end() && tags->is_object() ? text(*tags, "step") : "";
    add({{"name", step.empty() ? metric_name : cat(step, " ", metric_name)},
         {"ph", "C"},
         {"pid", kProcess},
         {"ts", microseconds(*at_ms - story_.detail.summary.started_at_ms)},
         {"args", {{text(metric, "unit"), *value}}}});
  }

  void add_instants() {
    for (const SessionEvent& event : story_.detail.events) {
      if (!event.known || !event.at_ms) continue;
      const Warning* warning = std::get_if<Warning>(&*event.known);
      const ErrorEvent* error = std::get_if<ErrorEvent>(&*event.known);
      if (warning == nullptr && error == nullptr) continue;
      const auto step = std::ranges::find(story_.steps, event.step_id, &StepStory::id);
      const bool is_of_step = step != story_.steps.end();
      add({{"name", warning != nullptr ? warning->message : error->error.message},
           {"cat", event.name},
           {"ph", "i"},
           {"s", is_of_step ? "t" : "p"},
           {"pid", kProcess},
           {"tid", is_of_step ? static_cast<int>(step - story_.steps.begin()) + 1 : kRunThread},
           {"ts", microseconds(*event.at_ms - story_.detail.summary.started_at_ms)},
           {"args", event_fields(*event.known)}});
    }
  }

  const RunStory& story_;
  std::string events_;
};

}  // namespace

std::string chrome_trace(const RunStory& story) { return TraceWriter(story).write(); }

}  // namespace osiris
