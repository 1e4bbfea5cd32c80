#include "report/exports.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"

namespace osiris {

std::span<const ExportFormat> export_formats() {
  static constexpr std::array<ExportFormat, 4> kFormats{{{"chrome-trace", chrome_trace},
                                                         {"junit", junit_xml},
                                                         {"otlp-json", otlp_json},
                                                         {"openlineage", openlineage}}};
  return kFormats;
}

std::string export_id(const RunStory& story, std::string_view step_id) {
  constexpr std::size_t kDigits = 32;
  Sha256 digest;
  digest.update(story.detail.summary.id);
  digest.update("/");
  digest.update(story.detail.summary.pipeline);
  digest.update("/");
  digest.update(step_id);
  return digest.finish().substr(0, kDigits);
}

std::string program_version(const RunStory& story) {
  if (!story.start || story.start->version.empty()) return "unknown";
  // The session has the program's name before it.
  const std::string& version = story.start->version;
  return version.substr(version.rfind(' ') + 1);
}

std::int64_t started_at_ms(const RunStory& story, const StepStory& step) {
  return story.detail.summary.started_at_ms + step.begin_ms.value_or(0);
}

const ErrorEvent* error_of_step(const RunStory& story, std::string_view step_id) {
  for (const ErrorEvent& error : story.detail.all<ErrorEvent>()) {
    if (step_id.empty() || error.step_id == step_id) return &error;
  }
  return nullptr;
}

}  // namespace osiris
