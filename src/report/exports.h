#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/run_story.h"

/// A run in the formats of tools that people have. What a format says of an unfinished run is what is known
/// of it. Equal sessions give equal bytes.
namespace osiris {

/// One JSON document of trace events, for Perfetto and the trace viewer of Chromium.
/// Units: microseconds since the run's start.
/// Source: Trace Event Format, "JSON Object Format".
std::string chrome_trace(const RunStory& story);

/// XML of one test suite, a test case for each step, for CI servers. Source: the schema junit-10.xsd.
std::string junit_xml(const RunStory& story);

/// One JSON document of a trace: a span for the run and one for each step that started.
/// Source: OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding".
std::string otlp_json(const RunStory& story);

/// A JSON document a line, each an event: START and COMPLETE, FAIL or ABORT of the run and of its steps.
/// Source: OpenLineage 2-0-2, RunEvent, and the facets that it names.
std::string openlineage(const RunStory& story);

struct ExportFormat {
  std::string_view name;  ///< "chrome-trace"
  std::string (*print)(const RunStory& story);
};
std::span<const ExportFormat> export_formats();

/// 32 lower-case hex digits that this run, or this step of it, has in every export.
std::string export_id(const RunStory& story, std::string_view step_id);
/// "0.3.0", of the program that ran it; "unknown" where the session does not say.
std::string program_version(const RunStory& story);
/// When the step started, in milliseconds since 1970. Requires: it did.
std::int64_t started_at_ms(const RunStory& story, const StepStory& step);
/// The error of a step, or with an empty id that of the run; null where there is none.
const ErrorEvent* error_of_step(const RunStory& story, std::string_view step_id);

}  // namespace osiris
