#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "component/config.h"
#include "table/batch.h"
#include "table/type.h"
#include "table/verdict.h"

namespace osiris {

/// A file that a step delivered.
struct WrittenFile {
  std::filesystem::path path;
  bool in_place =
      false;           ///< later runs change the same file (append), so the session copies and does not link
  std::string sha256;  ///< "sha256:…" of the content, where the writer computed it on the way
};

/// What a load is called, so that whoever repeats a run finds out what became of its loads.
struct LoadId {
  std::string session;  ///< the session that began it; a run that resumes one keeps its name
  std::string step;
  bool is_resumed = false;  ///< an earlier run began it: it may be committed, or a part of it
  std::string mark_name{};  ///< "pipeline/step" of the incremental read that its rows come from; or empty
};

/// How far an incremental read has come: it has seen everything below `cursor`, and of the rows at exactly
/// this value those with these keys.
struct Mark {
  std::string cursor;             ///< the source's own text of the value
  std::vector<std::string> keys;  ///< the source's own texts

  friend bool operator==(const Mark&, const Mark&) = default;
};

/// A mark as the text that is kept, and back. Errors: kUser "state.malformed".
std::string print_mark(const Mark& mark);
Mark parse_mark(std::string_view text);

/// The rows that an incremental read wants.
struct Window {
  std::optional<Mark> after;            ///< what has been read; absent: read from the beginning
  std::optional<std::string> from, to;  ///< cursor values asked for by hand: from ≤ cursor < to

  bool is_by_hand() const { return from || to; }
  bool is_whole() const { return !after && !is_by_hand(); }
};

/// How a writer puts its rows into a database.
struct LoadStart {
  std::string table, write_mode;
  std::string road;         ///< "copy binary", "bulk insert", "load data", …
  std::string load_id;      ///< its name in the ledger; empty: without one
  bool is_created = false;  ///< the table was made for this load
};

/// A row that cannot go where the others go.
struct RefusedRow {
  std::string reason_code;  ///< an error code, "value.out_of_range"
  std::string column;       ///< empty where no single column is to blame
  std::string message;
  Json source;  ///< where the row is: {"row": 17}, {"key": {…}}, {"file": …, "line": …, "byte_offset": …}
  std::string raw;  ///< the original bytes; of a row that has none, its values as a CSV record
};

/// How much an extractor is going to read, for those who wait for it.
struct Total {
  enum class Unit { kRows, kBytes };
  Unit unit = Unit::kRows;
  std::uint64_t count = 0;
  bool is_estimate = false;  ///< a guess of the source's own, such as a table's statistics
};

/// What a component may ask of the run that it is part of. One object per step.
class Context {
 public:
  virtual ~Context() = default;

  virtual Cancellation& cancellation() = 0;
  /// The step's resolved connection. Requires: the spec names a family.
  virtual const ConnectionConfig& connection() = 0;
  /// A path of the config, absolute: relative ones start at the project's folder.
  virtual std::filesystem::path project_path(const std::string& path) = 0;
  /// `logs/<session>/artifacts/<step>/<name>`, its folder made.
  virtual std::filesystem::path artifact_path(const std::string& name) = 0;
  /// A folder for spilled data that goes with the run.
  virtual std::filesystem::path temporary_folder() = 0;
  /// Whether SQL steps may reach files, the network and extensions; the project's own decision.
  virtual bool allows_external_access() = 0;
  /// Whether packages of the user's own code may be installed: the wish of whoever started the run.
  virtual bool installs_packages() = 0;

  /// A variable that the step's config names, from the environment or .env.
  /// Errors: kUser "variable.missing".
  virtual const Secret& variable(const std::string& name) = 0;

  /// Reports something that the user should change; the run goes on.
  virtual void warn(const std::string& code, const std::string& message, const std::string& hint) = 0;
  /// Reports that a connection stands: the server's product and version, and how long it took.
  virtual void connection_opened(const std::string& server, std::chrono::microseconds elapsed) = 0;
  /// Reports a file that the step wrote and committed; the run keeps it in the session.
  virtual void file_written(const WrittenFile& file) = 0;
  /// Reports bytes received from or handed to the outside world, for the metrics.
  virtual void count_bytes_read(std::uint64_t bytes) = 0;
  virtual void count_bytes_written(std::uint64_t bytes) = 0;
  /// Extractors: reports, when they open and before they count bytes, how much there is to read. Only what
  /// is known without asking the source for it.
  virtual void expect_total(const Total& total) = 0;
  /// Puts a line that the user's own code printed into the session. Any bytes, without a line break.
  virtual void script_said(std::string_view line) = 0;
  /// Reports rows that `on_bad_row: skip` left out.
  virtual void count_skipped_rows(std::uint64_t rows) = 0;
  /// Puts a row that `on_bad_row: quarantine` left out into the session's quarantine file, and counts it.
  virtual void quarantine(const RefusedRow& row) = 0;

  /// Writers: what their load is called.
  virtual const LoadId& load_id() = 0;
  /// Writers: reports that a load begins.
  virtual void load_started(const LoadStart& start) = 0;
  /// Extractors with an incremental config: which rows are wanted.
  virtual const Window& window() = 0;
};

/// Pulls rows out of a source. Single-threaded; one object per step.
class Extractor {
 public:
  virtual ~Extractor() = default;
  /// Columns as next() hands them over; fixed from the start.
  virtual const Schema& schema() const = 0;
  /// Returns the next batch, or nullopt at the end of the data.
  virtual std::optional<Batch> next() = 0;
  /// At the end of the data, how far an incremental read has come; nothing for any other read, and where
  /// there was never a row.
  virtual std::optional<Mark> mark() const { return std::nullopt; }
};

/// A named input of a processor. The stream is not owned and outlives the processor.
struct Input {
  std::string name;
  Extractor* stream;
};

/// Turns named input streams into one; is itself pulled like an extractor.
class Processor : public Extractor {};

/// What a writer stores with its rows, in the same transaction where it can.
struct LoadRecord {
  std::uint64_t row_count = 0;  ///< rows that entered the writer
  std::optional<Mark> mark{};   ///< how far the incremental read has come that they come from
};

/// What a merge did to the target's rows.
struct MergeCounts {
  std::uint64_t inserted = 0, updated = 0, unchanged = 0;
  std::uint64_t deleted = 0;  ///< by delete_missing

  MergeCounts& operator+=(const MergeCounts& other) {
    inserted += other.inserted;
    updated += other.updated;
    unchanged += other.unchanged;
    deleted += other.deleted;
    return *this;
  }
  friend bool operator==(const MergeCounts&, const MergeCounts&) = default;
};

/// What the target acknowledged.
struct LoadResult {
  std::uint64_t row_count = 0;
  std::optional<MergeCounts> merge;  ///< of an upsert

  friend bool operator==(const LoadResult&, const LoadResult&) = default;
};

/// Puts rows into a target. Every path that is not a commit calls abort(); the destructor only closes.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(const Batch& batch) = 0;
  /// Makes everything written so far visible and returns what the target acknowledged.
  /// Called at most once, and last.
  virtual LoadResult commit(const LoadRecord& record) = 0;
  /// Undoes what it can before the deadline. Never throws.
  virtual void abort(std::chrono::steady_clock::time_point deadline) noexcept = 0;
};

/// A column on its way into a table.
struct ColumnMove {
  std::string name, source_type, target_type;
  Verdict verdict = Verdict::kExact;
  std::string reason;  ///< why it is not exact
};

/// What a step would do, told without doing it: connections are opened read-only, nothing is written.
struct Preview {
  std::vector<std::string> reads;   ///< "table shop.orders", "file in/a.csv (1.2 MiB)"
  std::vector<std::string> writes;  ///< "file out/a.csv (replaces 12 KiB)"
  std::optional<Schema> schema;     ///< the columns that leave an extractor or processor
  std::optional<std::uint64_t> estimated_rows;
  std::vector<ColumnMove> columns;  ///< of a writer into a table: where each of its columns goes
  std::vector<std::string> notes;
};

/// A kind of step. The factories connect, check what they can and return a ready object, or throw; the
/// config and the context outlive what they make. Only the one of the spec's role is set.
struct Component {
  std::string_view name;  ///< "<folder>.<stem>", from the path
  std::string_view spec;  ///< the spec file's text, embedded at build time

  std::function<std::unique_ptr<Extractor>(const Config&, Context&)> open_extractor;
  std::function<std::unique_ptr<Processor>(const Config&, std::vector<Input>, Context&)> open_processor;
  std::function<std::unique_ptr<Writer>(const Config&, const Schema&, Context&)> open_writer;
  /// `inputs` are the names and schemas of what would flow in, as far as they are known.
  struct InputSchema {
    std::string name;
    std::optional<Schema> schema;
  };
  std::function<Preview(const Config&, const std::vector<InputSchema>& inputs, Context&)> preview;

  /// Writers with a ledger: what became of the load that the context names. Nothing: it is not there, and
  /// no transaction of an earlier run can put it there any more.
  std::function<std::optional<LoadResult>(const Config&, Context&)> find_load;
  /// Writers that keep marks beside their rows.
  std::function<std::optional<Mark>(const Config&, Context&, const std::string& mark_name)> find_mark;
  std::function<void(const Config&, Context&, const std::string& mark_name)> forget_mark;
};

/// What a system of a family needs of ours before it can do all that its components offer.
struct Installation {
  std::string_view summary;
  /// The statements, for a person to run.
  std::function<std::string(const ConnectionConfig&)> script;
  /// Runs them; false where the connection has no way to.
  std::function<bool(const ConnectionConfig&, Cancellation&)> install;
};

/// A kind of connection. Ping connects and returns the server's product and version.
struct ConnectionType {
  std::string_view family;
  std::string_view spec;
  std::function<std::string(const ConnectionConfig&, Cancellation&)> ping;
  /// Says what a step would find at a table, "about 1,200 rows"; absent where nobody can.
  /// Errors: those of reading it, and why its rows would not be seen.
  std::function<std::string(const ConnectionConfig&, const std::string& table, Cancellation&)>
      look_at_table{};
  std::optional<Installation> installation{};
};

/// Every component and connection type of the build, sorted by name; generated from the folders of
/// components/. See cmake/components.cmake.
const std::vector<Component>& all_components();
const std::vector<ConnectionType>& all_connection_types();

}  // namespace osiris
