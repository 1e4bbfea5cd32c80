#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "report/exports.h"

namespace osiris {

namespace {

/// Source: opentelemetry/proto/trace/v1/trace.proto.
constexpr int kInternalSpan = 1, kStatusUnset = 0, kStatusOk = 1, kStatusError = 2;
constexpr std::size_t kSpanDigits = 16;

/// 64-bit integers are texts in this JSON.
Json nanoseconds(std::int64_t unix_ms) { return std::to_string(unix_ms * 1'000'000); }

Json text_value(std::string_view text) { return {{"stringValue", text}}; }
Json count_value(std::uint64_t count) { return {{"intValue", std::to_string(count)}}; }

/// Attributes in their order; texts that are empty are left out.
class Attributes {
 public:
  Attributes& add(std::string_view key, const std::string& text) {
    if (!text.empty()) list_.push_back({{"key", key}, {"value", text_value(text)}});
    return *this;
  }
  Attributes& add(std::string_view key, std::uint64_t count) {
    list_.push_back({{"key", key}, {"value", count_value(count)}});
    return *this;
  }
  Attributes& add(std::string_view key, double value) {
    list_.push_back({{"key", key}, {"value", {{"doubleValue", value}}}});
    return *this;
  }
  Json take() { return std::move(list_); }

 private:
  Json list_ = Json::array();
};

Json status_json(SessionStatus status, const std::string& message) {
  switch (status) {
    case SessionStatus::kSuccess:
      return {{"code", kStatusOk}};
    case SessionStatus::kFailed:
    case SessionStatus::kCrashed:
      return {{"code", kStatusError},
              {"message", message.empty() ? std::string(to_string(status)) : message}};
    case SessionStatus::kCancelled:
    case SessionStatus::kRunning:
      break;
  }
  return {{"code", kStatusUnset}};
}

/// An exception as OpenTelemetry's conventions name its parts.
Json exception_event(const Json& at, const ErrorEvent& error) {
  Attributes attributes;
  attributes.add("exception.type", error.error.code)
      .add("exception.message", error.error.message)
      .add("exception.stacktrace", join(error.stack_trace, "\n"))
      .add("osiris.kind", error.error.kind)
      .add("osiris.hint", error.error.hint)
      .add("osiris.location", error.error.location);
  return {{"timeUnixNano", at}, {"name", "exception"}, {"attributes", attributes.take()}};
}

Json warning_event(const Json& at, const Warning& warning) {
  Attributes attributes;
  attributes.add("osiris.code", warning.code)
      .add("osiris.message", warning.message)
      .add("osiris.hint", warning.hint);
  return {{"timeUnixNano", at}, {"name", "warning"}, {"attributes", attributes.take()}};
}

Json retry_event(const Json& at, const StepRetry& retry) {
  Attributes attributes;
  attributes.add("osiris.attempt", retry.attempt)
      .add("osiris.delay_ms", static_cast<std::uint64_t>(std::max<std::int64_t>(retry.delay_ms, 0)))
      .add("osiris.code", retry.error.code)
      .add("osiris.message", retry.error.message);
  return {{"timeUnixNano", at}, {"name", "retry"}, {"attributes", attributes.take()}};
}

/// What happened at moments of the span: warnings, errors, retries of the step, or of no step.
Json events_of(const RunStory& story, const std::string& step_id) {
  Json events = Json::array();
  for (const SessionEvent& event : story.detail.events) {
    if (!event.known || !event.at_ms || event.step_id != step_id) continue;
    const Json at = nanoseconds(*event.at_ms);
    if (const auto* error = std::get_if<ErrorEvent>(&*event.known)) {
      events.push_back(exception_event(at, *error));
    } else if (const auto* warning = std::get_if<Warning>(&*event.known)) {
      events.push_back(warning_event(at, *warning));
    } else if (const auto* retry = std::get_if<StepRetry>(&*event.known)) {
      events.push_back(retry_event(at, *retry));
    }
  }
  return events;
}

std::string message_of(const RunStory& story, std::string_view step_id) {
  const ErrorEvent* error = error_of_step(story, step_id);
  return error == nullptr ? "" : error->error.message;
}

Json run_span(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  Attributes attributes;
  attributes.add("osiris.session", summary.id)
      .add("osiris.status", std::string(to_string(summary.status)))
      .add("osiris.manifest", story.start ? story.start->fingerprint : "")
      .add("osiris.total_rows", summary.total_rows)
      .add("osiris.peak_memory_mb", story.detail.peak_memory_mb);
  const std::string id = export_id(story, "");
  return {{"traceId", id},
          {"spanId", id.substr(0, kSpanDigits)},
          {"name", summary.pipeline},
          {"kind", kInternalSpan},
          {"startTimeUnixNano", nanoseconds(summary.started_at_ms)},
          {"endTimeUnixNano", nanoseconds(summary.started_at_ms + story.duration_ms())},
          {"attributes", attributes.take()},
          {"events", events_of(story, "")},
          {"status", status_json(summary.status, message_of(story, ""))}};
}

Json step_span(const RunStory& story, const StepStory& step) {
  Attributes attributes;
  attributes.add("osiris.step", step.id)
      .add("osiris.component", step.component)
      .add("osiris.role", step.role)
      .add("osiris.status", std::string(to_string(step.status)))
      .add("osiris.connection", step.connection)
      .add("osiris.rows_read", step.rows_read)
      .add("osiris.rows_written", step.rows_written)
      .add("osiris.bytes_read", static_cast<std::uint64_t>(step.bytes_read))
      .add("osiris.bytes_written", static_cast<std::uint64_t>(step.bytes_written))
      .add("osiris.attempt_count", step.attempts);
  if (step.busy_ms) attributes.add("osiris.busy_ms", *step.busy_ms);
  const std::string run = export_id(story, "");
  return {{"traceId", run},
          {"spanId", export_id(story, step.id).substr(0, kSpanDigits)},
          {"parentSpanId", run.substr(0, kSpanDigits)},
          {"name", step.id},
          {"kind", kInternalSpan},
          {"startTimeUnixNano", nanoseconds(started_at_ms(story, step))},
          {"endTimeUnixNano", nanoseconds(started_at_ms(story, step) + step.duration_ms)},
          {"attributes", attributes.take()},
          {"events", events_of(story, step.id)},
          {"status", status_json(step.status, message_of(story, step.id))}};
}

}  // namespace

std::string otlp_json(const RunStory& story) {
  const std::string version = program_version(story);
  Attributes resource;
  resource.add("service.name", "osiris").add("service.version", version);
  Json spans = Json::array({run_span(story)});
  for (const StepStory& step : story.steps) {
    if (step.begin_ms) spans.push_back(step_span(story, step));
  }
  const Json document{
      {"resourceSpans",
       Json::array({{{"resource", {{"attributes", resource.take()}}},
                     {"scopeSpans", Json::array({{{"scope", {{"name", "osiris"}, {"version", version}}},
                                                  {"spans", std::move(spans)}}})}}})}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace osiris
