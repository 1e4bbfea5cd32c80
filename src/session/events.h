#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"

/// What a session may tell. Each event is a struct; its line in events.jsonl, its line in osiris.log and
/// what a reader gets back all come from it. Every field that is an empty text or an optional without
/// a value is left out of the line. See docs/session.md.
namespace osiris {

/// How a run or a step ended, or that it did not end yet. The same five words everywhere.
enum class SessionStatus {
  kSuccess,
  kFailed,
  kCancelled,
  kRunning,
  kCrashed,  ///< Says it runs, but its process is gone. Told by the reader, never written.
};

/// success, failed, cancelled, running, crashed.
std::string_view to_string(SessionStatus status);
/// The status of a word, or nothing.
std::optional<SessionStatus> parse_status(std::string_view word);

/// What an Error says, as a value that can be written and read back.
struct FailureFacts {
  std::string kind;  ///< user, connection, data, internal
  std::string code;
  std::string message;
  std::string hint;
  std::string location;  ///< "file:line:column" of the OML
  bool retryable = false;
};
FailureFacts failure_of(const Error& error);

/// A manifest starts to run, or a pipeline to compile. The first event of a session.
struct RunStart {
  std::string pipeline;     ///< the manifest's or file's name for it
  std::string manifest;     ///< path, relative to the project
  std::string fingerprint;  ///< "sha256:…" of the manifest
  std::uint64_t step_count = 0;
  std::string execution = "local";           ///< where the steps run: local, e2b
  std::string version;                       ///< of osiris
  std::string resumes{};                     ///< the session whose loads this run finishes
  std::optional<bool> full_refresh{};        ///< incremental reads begin anew
  std::string from{}, to{};                  ///< bounds of incremental reads, given by hand
  std::optional<std::uint64_t> row_limit{};  ///< rows that an extractor reads at most
};

/// The run is over. Written by Session::end alone, which knows the sums.
struct RunEnd {
  SessionStatus status = SessionStatus::kSuccess;  ///< kSuccess, kFailed or kCancelled
  std::int64_t duration_ms = 0;
  /// Rows that writers wrote; where the run has no writer, rows that extractors read.
  std::uint64_t total_rows = 0;
  double peak_memory_mb = 0;  ///< 10^6 bytes of resident memory, the process's highest
  std::optional<FailureFacts> error;
};

/// A manifest was written.
struct CompileComplete {
  std::string pipeline;     ///< the manifest's name for it
  std::string oml;          ///< path of the pipeline file, relative to the project
  std::string manifest;     ///< path, relative to the project
  std::string fingerprint;  ///< "sha256:…" of the manifest
  bool unchanged = false;   ///< an earlier compile gave the same fingerprint
  std::int64_t duration_ms = 0;
};

struct StepStart {
  std::string step_id;
  std::string component;  ///< "mysql.extractor"
  std::string role;       ///< extractor, processor, writer
};

struct StepComplete {
  std::string step_id;
  std::uint64_t rows_read = 0;     ///< rows that entered the step; an extractor: received
  std::uint64_t rows_written = 0;  ///< rows that left the step; a writer: acknowledged by the target
  std::int64_t duration_ms = 0;
  /// Of an upsert: what became of the target's rows.
  std::optional<std::uint64_t> rows_inserted{}, rows_updated{}, rows_unchanged{}, rows_deleted{};
  /// Of a writer that leaves no file: what its rows were, whatever their order, as 32 hex digits.
  std::string rows_digest{};
};

/// A load into a database begins.
struct LoadStarted {
  std::string step_id;
  std::string table;
  std::string write_mode;
  std::string road;      ///< how the rows get there: "copy binary", "bulk insert", …
  std::string load_id;   ///< its name in the target's ledger; empty: without one
  bool created = false;  ///< the table was made for it
};

/// A run that resumes another finds a step's work done.
struct StepSettled {
  std::string step_id;
  std::string session;  ///< the session that did it
  std::string component;
  std::string role;
  std::uint64_t rows_written = 0;
};

/// A step failed; the counts are those reached before.
struct StepFailed {
  std::string step_id;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::int64_t duration_ms = 0;
  FailureFacts error;
};

/// A step did not run to its end, or not at all, for a reason outside itself.
struct StepCancelled {
  std::string step_id;
  std::string because;  ///< "step 'extract_orders' failed", "interrupted"
  std::int64_t duration_ms = 0;
  std::string component;
  std::string role;  ///< as in step_start, which a step that never started has not
  std::uint64_t rows_read = 0, rows_written = 0;  ///< those reached before
};

/// A step starts again after a failure.
struct StepRetry {
  std::string step_id;
  std::uint64_t attempt = 0;  ///< of the attempt that follows; the first retry is attempt 2
  std::int64_t delay_ms = 0;  ///< how long it waits before
  FailureFacts error;
};

struct ConnectionResolveComplete {
  std::string step_id;
  std::string family;
  std::string alias;
  bool ok = true;
  Json fields = Json::object();   ///< the non-secret fields, as resolved
  Json sources = Json::object();  ///< for each field, secret ones too, where its value came from
};

struct ConnectionOpenComplete {
  std::string step_id;
  std::string family;
  std::string alias;
  std::string server;  ///< product and version
  std::int64_t duration_ms = 0;
};

/// A column of a stream, as it left a step.
struct ColumnFacts {
  std::string name;
  std::string type;         ///< the logical type
  std::string source_type;  ///< the source's own word; empty for a computed column
  std::uint64_t null_count = 0;
  /// The least and the greatest value as they print, cut where they are long; empty where there is none, or
  /// the run did not look.
  std::string min{}, max{};
};

/// The columns of what a step hands on, once the step is done and the nulls are counted.
struct StepSchema {
  std::string step_id;
  std::string port = "output";  ///< "output", or the name of an input
  std::vector<ColumnFacts> columns;
};

/// A file that a step delivered. Written by Session::add_artifact alone.
struct ArtifactWritten {
  std::string step_id;
  std::string path;    ///< in the session folder: "artifacts/<step_id>/output.csv"
  std::string target;  ///< where the user wanted it; empty where that is `path`
  std::uint64_t size_bytes = 0;
  std::string sha256;              ///< "sha256:…"; empty where nobody computed it
  std::optional<bool> in_place{};  ///< later runs add to the target
};

/// Rows that `on_bad_row` left out.
struct RowsSkipped {
  std::string step_id;
  std::uint64_t row_count = 0;
  std::string quarantine{};  ///< the file in the session folder that has them; empty: they were dropped
};

/// Something that the user should change; the run goes on.
struct Warning {
  std::string step_id;  ///< empty where it concerns the run
  std::string code;
  std::string message;
  std::string hint;
};

/// A line that the user's own code printed.
struct ScriptOutput {
  std::string step_id;
  std::string text;
};

/// A template of the size that was asked for was not there, and was made.
struct TemplateBuilt {
  std::string template_name;
  std::int64_t duration_ms = 0;
};
/// A sandbox is asked for.
struct SandboxCreateStart {
  std::string template_name;
};
struct SandboxCreateComplete {
  std::string sandbox_id;
  std::string envd_version;
  std::uint64_t cpu_count = 0, memory_mb = 0;  ///< what it really has
  std::int64_t duration_ms = 0;
};
/// The program goes into the sandbox.
struct WorkerUploadStart {
  std::uint64_t size_bytes = 0;  ///< as they are sent
};
struct WorkerUploadComplete {
  std::uint64_t size_bytes = 0;  ///< of the program and of the steps' files
  bool cached = false;           ///< the program was there
  std::int64_t duration_ms = 0;
};
struct WorkerStarted {
  std::uint64_t pid = 0;  ///< in the sandbox
};
/// An order goes to the worker: "run", "cancel".
struct RpcSent {
  std::string command;
  std::uint64_t size_bytes = 0;
};
/// The worker has done what it was ordered.
struct RpcDone {
  std::string command;
  std::int64_t duration_ms = 0;  ///< since the order was sent
};
/// The connection to the worker broke; it works on.
struct StreamLost {
  std::string because;
  std::uint64_t next_sequence = 0;  ///< of the first line that did not come
};
struct StreamResumed {
  std::uint64_t next_sequence = 0;
  std::int64_t duration_ms = 0;  ///< without the stream
};
/// A file of a step came back.
struct ArtifactDownloaded {
  std::string path;  ///< in the session folder
  std::uint64_t size_bytes = 0;
  std::int64_t duration_ms = 0;
};
struct SandboxDeleted {
  std::string sandbox_id;
};

/// What went wrong. One for each error that a person should read.
struct ErrorEvent {
  std::string step_id;                   ///< empty where no step failed
  FailureFacts error;                    ///< its fields stand in the event itself
  std::vector<std::string> stack_trace;  ///< innermost first
};
/// With the error's step and frames.
ErrorEvent error_event(const Error& error);

using Event =
    std::variant<RunStart, RunEnd, CompileComplete, StepStart, StepComplete, StepFailed, StepCancelled,
                 StepRetry, ConnectionResolveComplete, ConnectionOpenComplete, StepSchema, LoadStarted,
                 StepSettled, ArtifactWritten, RowsSkipped, ScriptOutput, TemplateBuilt, SandboxCreateStart,
                 SandboxCreateComplete, WorkerUploadStart, WorkerUploadComplete, WorkerStarted, RpcSent,
                 RpcDone, StreamLost, StreamResumed, ArtifactDownloaded, SandboxDeleted, Warning, ErrorEvent>;

/// What lines of one event look like.
struct EventShape {
  std::string_view name;
  std::vector<std::string> keys;  ///< of its fields, in the order of the JSON
};
/// Of every event, in the order of the variant.
std::vector<EventShape> event_shapes();

/// The event's word: "step_complete".
std::string_view event_name(const Event& event);
/// The event's fields in the order of the struct, without ts, session and event.
Json event_fields(const Event& event);
/// The event of a parsed line; nothing where its word is unknown. A field that is missing or of a wrong
/// type keeps its default.
std::optional<Event> parse_event(const Json& line);

/// An event as a person reads it.
struct LogLine {
  std::string_view level;  ///< INFO, WARNING, ERROR
  std::string step_id;     ///< empty where it concerns the run
  std::string message;     ///< one line, or several; values cannot break it
};
LogLine log_line(const Event& event);

}  // namespace osiris
