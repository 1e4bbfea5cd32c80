#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"
#include "report/exports.h"

namespace osiris {

namespace {

/// A text inside of an element. Characters that no XML 1.0 can hold become U+FFFD. Source: XML 1.0, 2.2.
std::string xml(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = std::min(find_invalid_utf8(text), text.size());
    for (const char c : text.substr(0, valid)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\r':
          out += "&#13;";
          break;
        default:
          if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
            out += kReplacement;
          else
            out += c;
      }
    }
    if (valid == text.size()) break;
    out += kReplacement;
    text.remove_prefix(valid + 1);
  }
  // The two characters of the plane that XML leaves out.
  for (const std::string_view forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = out.find(forbidden); at != std::string::npos; at = out.find(forbidden, at))
      out.replace(at, forbidden.size(), kReplacement);
  }
  return out;
}

std::string seconds(std::int64_t milliseconds) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(milliseconds) / 1000);
  return text.data();
}

/// Line ends and tabs would become blanks in an attribute. Source: XML 1.0, 3.3.3.
std::string attribute(std::string_view name, std::string_view value) {
  std::string text;
  for (const char c : xml(value)) {
    if (c == '\n' || c == '\t') {
      text += c == '\n' ? "&#10;" : "&#9;";
    } else {
      text += c;
    }
  }
  return cat(" ", name, "=\"", text, "\"");
}

/// Message, place, hint and frames, a line each.
std::string failure_text(const FailureFacts& failure, const std::vector<std::string>& frames) {
  std::string text = failure.message;
  if (!failure.location.empty()) text += cat("\nat ", failure.location);
  if (!failure.hint.empty()) text += cat("\nhint: ", failure.hint);
  for (const std::string& frame : frames) text += cat("\nin ", frame);
  return text;
}

/// A failure is the pipeline's or the data's, an error ours.
std::string_view element_of(const FailureFacts& failure) {
  return failure.kind == "internal" ? "error" : "failure";
}

std::string failure_element(const FailureFacts& failure, const std::vector<std::string>& frames) {
  const std::string_view element = element_of(failure);
  return cat("      <", element, attribute("message", failure.message), attribute("type", failure.code), ">",
             xml(failure_text(failure, frames)), "</", element, ">\n");
}

class SuiteWriter {
 public:
  explicit SuiteWriter(const RunStory& story) : story_(story) {}

  std::string write() {
    for (const StepStory& step : story_.steps) add_case(step);
    add_error_of_no_step();
    const SessionSummary& summary = story_.detail.summary;
    const std::string sums = cat(attribute("tests", std::to_string(test_count_)),
                                 attribute("failures", std::to_string(failure_count_)),
                                 attribute("errors", std::to_string(error_count_)));
    const std::string time = attribute("time", seconds(story_.duration_ms()));
    constexpr std::size_t kToSeconds = 19;
    return cat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", attribute("name", "osiris"), sums,
               time, ">\n  <testsuite", attribute("name", summary.pipeline), sums,
               attribute("skipped", std::to_string(skipped_count_)), time,
               attribute("timestamp", iso8601(summary.started_at_ms).substr(0, kToSeconds)), ">\n",
               properties(), cases_, "  </testsuite>\n</testsuites>\n");
  }

 private:
  std::string properties() const {
    const SessionSummary& summary = story_.detail.summary;
    std::string out = "    <properties>\n";
    const auto add = [&](std::string_view name, std::string_view value) {
      if (!value.empty())
        out += cat("      <property", attribute("name", name), attribute("value", value), "/>\n");
    };
    add("session", summary.id);
    add("status", to_string(summary.status));
    add("total_rows", std::to_string(summary.total_rows));
    if (story_.start) {
      add("manifest", story_.start->fingerprint);
      add("execution", story_.start->execution);
      add("osiris", program_version(story_));
    }
    return out + "    </properties>\n";
  }

  void add_case(const StepStory& step) {
    begin_case(step.id, step.duration_ms);
    if (step.status == SessionStatus::kSuccess) {
      // Its numbers below are all there is to say.
    } else if (step.status == SessionStatus::kCancelled) {
      ++skipped_count_;
      cases_ += cat(
          "      <skipped",
          attribute("message", step.cancelled_because.empty() ? "it did not run" : step.cancelled_because),
          "/>\n");
    } else {
      add_failure(step);
    }
    cases_ += cat("      <system-out>",
                  xml(cat(step.component, ": ", counted(step.rows_read, "row"), " in, ",
                          counted(step.rows_written, "row"), " out")),
                  "</system-out>\n");
    for (const Warning& warning : story_.detail.all<Warning>()) {
      if (warning.step_id == step.id)
        cases_ += cat("      <system-err>", xml(cat("warning: ", warning.message)), "</system-err>\n");
    }
    cases_ += "    </testcase>\n";
  }

  void add_failure(const StepStory& step) {
    if (const ErrorEvent* error = error_of_step(story_, step.id)) {
      count(error->error);
      cases_ += failure_element(error->error, error->stack_trace);
      return;
    }
    FailureFacts unfinished;
    unfinished.code = cat("step.", to_string(step.status));
    unfinished.message = cat("the step did not end: ", to_string(step.status));
    count(unfinished);
    cases_ += failure_element(unfinished, {});
  }

  /// What no step is to blame for fails the suite all the same.
  void add_error_of_no_step() {
    for (const ErrorEvent& error : story_.detail.all<ErrorEvent>()) {
      if (!error.step_id.empty()) continue;
      begin_case("run", 0);
      count(error.error);
      cases_ += failure_element(error.error, error.stack_trace);
      cases_ += "    </testcase>\n";
    }
  }

  void begin_case(const std::string& name, std::int64_t duration_ms) {
    ++test_count_;
    cases_ +=
        cat("    <testcase", attribute("name", name), attribute("classname", story_.detail.summary.pipeline),
            attribute("time", seconds(duration_ms)), ">\n");
  }

  void count(const FailureFacts& failure) {
    ++(element_of(failure) == "error" ? error_count_ : failure_count_);
  }

  const RunStory& story_;
  std::string cases_;
  std::size_t test_count_ = 0, failure_count_ = 0, error_count_ = 0, skipped_count_ = 0;
};

}  // namespace

std::string junit_xml(const RunStory& story) { return SuiteWriter(story).write(); }

}  // namespace osiris
