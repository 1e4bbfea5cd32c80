#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compile/manifest.h"
#include "session/run_comparison.h"
#include "session/session_reader.h"

namespace osiris {

/// A measurement over time: milliseconds since the run's start, and the value.
using Series = std::vector<std::pair<double, double>>;

/// What is known of one step of a run.
struct StepStory {
  std::string id, component, role;
  SessionStatus status = SessionStatus::kCancelled;
  std::optional<std::int64_t> begin_ms;  ///< since the run's start; nothing where it never started
  std::int64_t duration_ms = 0;
  std::uint64_t rows_read = 0, rows_written = 0, attempts = 1;
  std::optional<double> busy_ms;  ///< of its duration, what it worked; the rest it waited
  double bytes_read = 0, bytes_written = 0;
  std::vector<ManifestStep::Input> inputs;
  Json config = Json::object();
  std::string connection, location;
  std::vector<StepSchema> schemas;
  std::optional<LoadStarted> load;
  std::optional<StepComplete> complete;
  std::vector<std::pair<std::int64_t, StepRetry>> retries;  ///< when, since the run's start
  std::string cancelled_because;
  std::optional<std::uint64_t> skipped_rows;
  Series rows_so_far, held_mb;  ///< held: in its queues and the batch under way
  std::string quarantine;       ///< a file in the session's folder
};

/// A connection as a step resolved it.
struct ConnectionStory {
  std::string reference;
  Json fields = Json::object(), sources = Json::object();
  std::string server;
  std::optional<std::int64_t> open_ms;
};

/// A stretch of a remote run that no step is a part of.
struct PhaseStory {
  std::string name;
  std::int64_t begin_ms = 0;  ///< since the run's start
  std::int64_t duration_ms = 0;
};

/// A delivered file and its first rows.
struct ArtifactStory {
  ArtifactWritten written;
  std::vector<std::vector<std::string>> rows;  ///< the first one is the header; empty: no preview
};

/// Where an error is in the pipeline's file: some lines, of which one has the place.
struct Excerpt {
  std::string file;
  std::size_t first_line = 1, line = 1, column = 1;
  std::vector<std::string> lines;
};

/// Everything that a report tells of a session.
struct RunStory {
  SessionDetail detail;
  std::optional<RunStart> start;
  std::optional<Manifest> manifest;
  std::vector<StepStory> steps;  ///< in the manifest's order
  std::vector<ConnectionStory> connections;
  std::vector<PhaseStory> phases;      ///< of a remote run, in the order of time
  std::optional<double> bootstrap_ms;  ///< of a remote run: until its worker spoke
  Series memory_mb;
  std::vector<ArtifactStory> artifacts;
  std::optional<Excerpt> excerpt;           ///< of the first error that has a place
  std::vector<SessionSummary> earlier;      ///< runs of the same pipeline before this one, newest first
  std::optional<RunComparison> comparison;  ///< with the newest of them that succeeded
  std::string metrics, log;                 ///< the files as they are

  std::int64_t duration_ms() const;
  bool is_remote() const { return start && start->execution != "local"; }
};

/// Reads a session's folder; what is missing or damaged is left out. `sessions`: all of the logs folder,
/// newest first. `project`: the folder in which pipeline files are looked for.
RunStory read_story(const fs::path& folder, const std::vector<SessionSummary>& sessions,
                    const fs::path& project);

/// "step-3": the anchor of a step's details.
std::string step_anchor(const RunStory& story, const std::string& id);

/// In one sentence, what the run waited for most; empty where that cannot be told.
std::string bottleneck_sentence(const RunStory& story);

}  // namespace osiris
