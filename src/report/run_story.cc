#include "report/run_story.h"

#include <algorithm>
#include <fstream>

#include "base/clock.h"
#include "base/text.h"
#include "compile/oml.h"
#include "report/preview.h"
#include "session/session_files.h"

namespace osiris {

namespace {

constexpr std::size_t kExcerptLines = 3;  ///< before and after the place
constexpr std::size_t kEarlierRuns = 20;
constexpr std::uint64_t kLogBytes = 256 << 10;

StepStory& step_of(RunStory& story, const std::string& id) {
  const auto found = std::ranges::find(story.steps, id, &StepStory::id);
  if (found != story.steps.end()) return *found;
  StepStory& step = story.steps.emplace_back();
  step.id = id;
  return step;
}

/// The event of its time, put where it belongs.
class EventReader {
 public:
  EventReader(RunStory& story, std::int64_t begin_ms) : story_(story), begin_ms_(begin_ms) {}

  void read(const SessionEvent& event) {
    at_ms_ = event.at_ms.value_or(begin_ms_) - begin_ms_;
    take_phase(event.name);
    if (event.known) std::visit([this](const auto& each) { take(each); }, *event.known);
  }

  /// When the last event was told, since the run's start.
  std::int64_t last_ms() const { return at_ms_; }

 private:
  /// What a remote run does around its steps is told by pairs of events, and by some that end what the one
  /// before began.
  void take_phase(std::string_view event) {
    if (event == "worker_started") add_phase("start the worker", phase_began_ms_);
    if (event == "sandbox_create_complete") add_phase("create the sandbox", phase_began_ms_);
    if (event == "worker_upload_complete") add_phase("upload the worker", phase_began_ms_);
    if (event == "artifact_downloaded") add_phase("download the artifacts", phase_began_ms_);
    if (event == "sandbox_deleted") add_phase("delete the sandbox", phase_began_ms_);
    const bool may_begin_one = event == "artifact_downloaded" || event.starts_with("step_") ||
                               event.starts_with("sandbox_") || event.starts_with("worker_");
    if (may_begin_one) phase_began_ms_ = at_ms_;
  }
  void add_phase(const std::string& name, std::int64_t begin_ms) {
    if (!story_.phases.empty() && story_.phases.back().name == name) {
      story_.phases.back().duration_ms = at_ms_ - story_.phases.back().begin_ms;
    } else {
      story_.phases.push_back({name, begin_ms, at_ms_ - begin_ms});
    }
  }

  template <typename E>
  void take(const E&) {}

  void take(const RunStart& start) { story_.start = start; }
  void take(const StepStart& start) {
    StepStory& step = step_of(story_, start.step_id);
    step.component = start.component;
    step.role = start.role;
    if (!step.begin_ms) step.begin_ms = at_ms_;
  }
  void take(const StepComplete& complete) { step_of(story_, complete.step_id).complete = complete; }
  void take(const StepCancelled& cancelled) {
    step_of(story_, cancelled.step_id).cancelled_because = cancelled.because;
  }
  void take(const StepSchema& schema) { step_of(story_, schema.step_id).schemas.push_back(schema); }
  void take(const LoadStarted& load) { step_of(story_, load.step_id).load = load; }
  void take(const StepRetry& retry) { step_of(story_, retry.step_id).retries.emplace_back(at_ms_, retry); }
  void take(const RowsSkipped& skipped) {
    StepStory& step = step_of(story_, skipped.step_id);
    step.skipped_rows = step.skipped_rows.value_or(0) + skipped.row_count;
    if (!skipped.quarantine.empty()) step.quarantine = skipped.quarantine;
  }
  void take(const ConnectionResolveComplete& resolved) {
    ConnectionStory& connection = connection_of(resolved.family, resolved.alias);
    connection.fields = resolved.fields;
    connection.sources = resolved.sources;
  }
  void take(const ConnectionOpenComplete& opened) {
    ConnectionStory& connection = connection_of(opened.family, opened.alias);
    connection.server = opened.server;
    if (!connection.open_ms) connection.open_ms = opened.duration_ms;
  }

  ConnectionStory& connection_of(const std::string& family, const std::string& alias) {
    const std::string reference = cat("@", family, ".", alias);
    const auto found = std::ranges::find(story_.connections, reference, &ConnectionStory::reference);
    if (found != story_.connections.end()) return *found;
    ConnectionStory& connection = story_.connections.emplace_back();
    connection.reference = reference;
    return connection;
  }

  RunStory& story_;
  std::int64_t begin_ms_, at_ms_ = 0;
  std::int64_t phase_began_ms_ = 0;  ///< when the last event came that a phase may begin with
};

void take_manifest(RunStory& story, const fs::path& folder) {
  const std::string text = content_or_empty(folder / kManifestFile);
  if (text.empty()) return;
  try {
    story.manifest = parse_manifest(text, std::string(kManifestFile), true);
  } catch (const Error&) {
    return;  // a session that was cut off before it had one
  }
  for (const ManifestStep& step : story.manifest->steps) {
    StepStory& told = step_of(story, step.id);
    told.component = step.component;
    told.inputs = step.inputs;
    told.config = step.config;
    told.connection = step.connection;
    told.location = step.location;
  }
}

void take_tallies(RunStory& story) {
  for (const StepTally& tally : story.detail.steps) {
    StepStory& step = step_of(story, tally.step_id);
    step.role = tally.role;
    step.status = tally.status;
    step.rows_read = tally.rows_read;
    step.rows_written = tally.rows_written;
    step.duration_ms = tally.duration_ms;
    step.attempts = tally.attempt_count;
  }
}

void take_metrics(RunStory& story, std::int64_t begin_ms) {
  for_each_json_line(story.metrics, [&](const Json& line) {
    if (!line.contains("value") || !line["value"].is_number()) return;
    const double value = line["value"].get<double>();
    const std::string name = line.value("metric", "");
    const std::string step = line.contains("tags") ? line["tags"].value("step", "") : "";
    const double at = static_cast<double>(parse_iso8601(line.value("ts", "")).value_or(begin_ms) - begin_ms);
    if (step.empty()) {
      if (name == "memory_usage_mb") story.memory_mb.emplace_back(at, value);
      if (name == "e2b_bootstrap_ms" && !story.bootstrap_ms) story.bootstrap_ms = value;
      return;
    }
    StepStory& told = step_of(story, step);
    if (name == "rows_read") told.rows_so_far.emplace_back(at, value);
    if (name == "queue_bytes") told.held_mb.emplace_back(at, value / 1e6);
    if (name == "busy_ms") told.busy_ms = value;
    if (name == "bytes_read") told.bytes_read = value;
    if (name == "bytes_written") told.bytes_written = value;
  });
}

/// Whether the file still says what the manifest was made from.
bool is_same_pipeline(const std::string& text, const Manifest& manifest) {
  try {
    return oml_fingerprint(yaml::parse(text, {})) == manifest.oml_fingerprint;
  } catch (const Error&) {
    return false;
  }
}

void take_excerpt(RunStory& story, const fs::path& project) {
  const auto errors = story.detail.all<ErrorEvent>();
  const auto with_place =
      std::ranges::find_if(errors, [](const ErrorEvent& error) { return !error.error.location.empty(); });
  if (with_place == errors.end() || !story.manifest) return;
  const Location place = Location::parse(with_place->get().error.location);
  const std::string text = content_or_empty(project / place.file);
  if (place.line < 1 || !is_same_pipeline(text, *story.manifest)) return;
  const std::vector<std::string> lines = split(text, '\n');
  Excerpt excerpt{place.file,
                  1,
                  static_cast<std::size_t>(place.line),
                  static_cast<std::size_t>(std::max(place.column, 1)),
                  {}};
  excerpt.first_line = excerpt.line > kExcerptLines ? excerpt.line - kExcerptLines : 1;
  for (std::size_t number = excerpt.first_line;
       number <= std::min(excerpt.line + kExcerptLines, lines.size()); ++number)
    excerpt.lines.push_back(lines[number - 1]);
  story.excerpt = std::move(excerpt);
}

}  // namespace

std::int64_t RunStory::duration_ms() const {
  std::int64_t longest = detail.summary.duration_ms.value_or(0);
  for (const StepStory& step : steps)
    longest = std::max(longest, step.begin_ms.value_or(0) + step.duration_ms);
  for (const PhaseStory& phase : phases) longest = std::max(longest, phase.begin_ms + phase.duration_ms);
  return std::max<std::int64_t>(longest, 1);
}

RunStory read_story(const fs::path& folder, const std::vector<SessionSummary>& sessions,
                    const fs::path& project) {
  RunStory story;
  story.detail = read_detail(folder);
  story.metrics = content_or_empty(folder / kMetricsFile);
  story.log = first_bytes(folder / kLogFile, kLogBytes);
  const SessionSummary& summary = story.detail.summary;
  take_manifest(story, folder);
  EventReader reader(story, summary.started_at_ms);
  for (const SessionEvent& event : story.detail.events) reader.read(event);
  take_tallies(story);
  for (StepStory& step : story.steps) {
    const bool has_no_end = step.status == SessionStatus::kCrashed || step.status == SessionStatus::kRunning;
    if (has_no_end && step.begin_ms)
      step.duration_ms = std::max<std::int64_t>(reader.last_ms() - *step.begin_ms, 0);
  }
  take_metrics(story, summary.started_at_ms);
  for (const ArtifactWritten& written : story.detail.all<ArtifactWritten>())
    story.artifacts.push_back({written, preview_of(folder / written.path)});
  take_excerpt(story, project);
  for (const SessionSummary& other : sessions) {
    const bool is_earlier = other.kind == "run" && other.pipeline == summary.pipeline &&
                            other.started_at_ms < summary.started_at_ms;
    if (!is_earlier || story.earlier.size() == kEarlierRuns) continue;
    story.earlier.push_back(other);
    if (!story.comparison && other.status == SessionStatus::kSuccess)
      story.comparison = compare_runs(read_detail(other.folder), story.detail);
  }
  return story;
}

std::string step_anchor(const RunStory& story, const std::string& id) {
  const auto found = std::ranges::find(story.steps, id, &StepStory::id);
  return cat("step-", found - story.steps.begin() + 1);
}

std::string bottleneck_sentence(const RunStory& story) {
  const StepStory* busiest = nullptr;
  for (const StepStory& step : story.steps) {
    if (step.busy_ms && (busiest == nullptr || *step.busy_ms > *busiest->busy_ms)) busiest = &step;
  }
  if (busiest == nullptr || *busiest->busy_ms < 1) return {};
  const double share = 100 * *busiest->busy_ms / static_cast<double>(story.duration_ms());
  const auto percent = static_cast<int>(std::min(share, 100.0) + 0.5);
  return cat("'", busiest->id, "' (", busiest->component,
             ") worked longest: ", human_duration(static_cast<std::int64_t>(*busiest->busy_ms + 0.5)), ", ",
             percent, " % of the run; a faster ",
             busiest->role == "writer"      ? "target"
             : busiest->role == "extractor" ? "source"
                                            : "transformation",
             " there shortens it most");
}

}  // namespace osiris
