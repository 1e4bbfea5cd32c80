#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "session/session_reader.h"

namespace osiris {

/// A value that is not the same in both runs; null where a run does not have it.
struct FieldChange {
  std::string name;  ///< "config.query", "host"
  Json before, after;
};

/// A column that is not the same in both runs; a type is empty where a run does not have the column.
struct ColumnChange {
  std::string port;  ///< "output", or the name of an input
  std::string name;
  std::string type_before, type_after;
};

/// What one run says of a step.
struct StepNumbers {
  SessionStatus status = SessionStatus::kRunning;
  std::uint64_t rows_read = 0, rows_written = 0;
  std::int64_t duration_ms = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
};

struct StepComparison {
  std::string step_id, component;
  std::optional<StepNumbers> before, after;  ///< nothing where that run did not come to it, or has none
  std::vector<FieldChange> config;           ///< what the manifests say differently of it
  std::vector<ColumnChange> columns;
};

struct ConnectionComparison {
  std::string reference;            ///< "@family.alias"
  std::vector<FieldChange> fields;  ///< non-secret ones, and `server`
};

/// Whether two runs left the same rows, whatever their order.
enum class Parity {
  kVerified,
  kDifferent,
  kUnknown,  ///< what would tell is not there, or not there any more
};
/// verified, different, unknown.
std::string_view to_string(Parity parity);

/// Of one output, or of a column on the way to one.
struct OutputParity {
  std::string step_id;
  Parity parity = Parity::kUnknown;
  std::string difference;  ///< the first one, or why nobody knows; empty where there is none
};

/// Two runs side by side. Nothing here is secret: it all stands in their sessions.
struct RunComparison {
  SessionSummary before, after;
  std::string fingerprint_before, fingerprint_after;  ///< of the manifests; empty where unknown
  double peak_memory_mb_before = 0, peak_memory_mb_after = 0;
  std::vector<StepComparison> steps;  ///< in the order of `after`, then those that only `before` has
  std::vector<ConnectionComparison> connections;  ///< those that differ
  std::vector<OutputParity> outputs;              ///< columns that differ, then what each writer left

  /// Of all outputs; nothing where there is none.
  std::optional<Parity> parity() const;
  bool has_same_manifest() const {
    return !fingerprint_before.empty() && fingerprint_before == fingerprint_after;
  }
};

/// Reads the manifests and metrics of both beside what the details hold, and files that they left where these
/// differ.
RunComparison compare_runs(const SessionDetail& before, const SessionDetail& after);

Json to_json(const RunComparison& comparison);

}  // namespace osiris
