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

namespace osiris {

/// A file that a step delivered.
struct WrittenFile {
  std::filesystem::path path;
  bool in_place =
      false;           ///< later runs change the same file (append), so the session copies and does not link
  std::string sha256;  ///< "sha256:…" of the content, where the writer computed it on the way
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

  /// Reports something that the user should change; the run goes on.
  virtual void warn(const std::string& code, const std::string& message, const std::string& hint) = 0;
  /// Reports that a connection stands: the server's product and version, and how long it took.
  virtual void connection_opened(const std::string& server, std::chrono::microseconds elapsed) = 0;
  /// Reports a file that the step wrote and committed; the run keeps it in the session.
  virtual void file_written(const WrittenFile& file) = 0;
  /// Reports bytes received from or handed to the outside world, for the metrics.
  virtual void count_bytes_read(std::uint64_t bytes) = 0;
  virtual void count_bytes_written(std::uint64_t bytes) = 0;
  /// Reports rows that `on_bad_row: skip` left out.
  virtual void count_skipped_rows(std::uint64_t rows) = 0;
};

/// Pulls rows out of a source. Single-threaded; one object per step.
class Extractor {
 public:
  virtual ~Extractor() = default;
  /// Columns as next() hands them over; fixed from the start.
  virtual const Schema& schema() const = 0;
  /// Returns the next batch, or nullopt at the end of the data.
  virtual std::optional<Batch> next() = 0;
};

/// A named input of a processor. The stream is not owned and outlives the processor.
struct Input {
  std::string name;
  Extractor* stream;
};

/// Turns named input streams into one; is itself pulled like an extractor.
class Processor : public Extractor {};

/// What a load is called where a writer can store it with the data.
struct LoadRecord {
  std::string session, step;
  std::uint64_t row_count = 0;
};

/// Puts rows into a target. Every path that is not a commit calls abort(); the destructor only closes.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(const Batch& batch) = 0;
  /// Makes everything written so far visible and returns the rows that the target acknowledged.
  /// Called at most once, and last.
  virtual std::uint64_t commit(const LoadRecord& record) = 0;
  /// Undoes what it can before the deadline. Never throws.
  virtual void abort(std::chrono::steady_clock::time_point deadline) noexcept = 0;
};

/// What a step would do, told without doing it: connections are opened read-only, nothing is written.
struct Preview {
  std::vector<std::string> reads;   ///< "table shop.orders", "file in/a.csv (1.2 MiB)"
  std::vector<std::string> writes;  ///< "file out/a.csv (replaces 12 KiB)"
  std::optional<Schema> schema;     ///< the columns that leave an extractor or processor
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
};

/// A kind of connection. Ping connects and returns the server's product and version.
struct ConnectionType {
  std::string_view family;
  std::string_view spec;
  std::function<std::string(const ConnectionConfig&, Cancellation&)> ping;
};

/// Every component and connection type of the build, sorted by name; generated from the folders of
/// components/. See cmake/components.cmake.
const std::vector<Component>& all_components();
const std::vector<ConnectionType>& all_connection_types();

}  // namespace osiris
