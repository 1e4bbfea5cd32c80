#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// The file that the engine's library would be opened from; nothing where there is none that has a place of
/// its own.
std::optional<std::filesystem::path> engine_file();

/// One table that a query may read, once. `next` is called from threads of the engine, never from two at a
/// time, and never again after it returned nothing or threw.
struct SqlInput {
  std::string name;
  Schema schema;
  std::function<std::optional<Batch>()> next;
};

struct SqlOptions {
  std::uint64_t memory_limit_bytes = std::uint64_t{512} << 20;  ///< beyond it the engine spills
  std::filesystem::path temporary_folder;                       ///< for spilled data; empty: none is spilled
  bool allow_external_access = false;    ///< whether the SQL may reach files, the network and extensions
  Cancellation* cancellation = nullptr;  ///< not owned, outlives the stream
  /// A database's file that the SQL reads, and that nothing can change; empty: a database in memory.
  std::filesystem::path database_file;
};

/// The rows of one SELECT over named inputs, or over the tables of a file, as they come; nothing is collected
/// that the query itself does not collect. Without a file each stream is a database of its own, in memory,
/// gone with it.
///
/// An input `a-b` is the view "a-b" and the view df_a_b; the only input is input_df too. Names are as
/// DuckDB compares them, without case; where two inputs would share df_x, the later gets
/// df_x_<8 digits of the sha256 of its name>.
///
/// A column that comes through the query as it was read keeps its type, source type and print style; one that
/// is computed has the type that the engine gives it. See lineage.h.
class SqlStream {
 public:
  /// Opens the engine and checks the query; reads no input.
  ///
  /// Errors: kUser "engine.missing", "engine.version"; kUser "sql.not_select" for anything but one SELECT,
  ///         "sql.invalid", "sql.not_allowed", "engine.unsupported_type"; those of DatabaseFile() of the
  ///         file.
  SqlStream(const std::string& sql, std::vector<SqlInput> inputs, const SqlOptions& options);
  SqlStream(SqlStream&&) noexcept;
  SqlStream& operator=(SqlStream&&) noexcept;
  /// Stops the query; waits for a call of `next` that is under way.
  ~SqlStream();

  const Schema& schema() const;
  /// Returns the next rows, or nullopt at the end.
  ///
  /// Errors: what an input threw, unchanged; kData "sql.value", "sql.out_of_memory", "sql.io",
  ///         "sql.invalid_utf8"; kUser "run.cancelled".
  std::optional<Batch> next();

 private:
  class Query;
  std::unique_ptr<Query> query_;
};

/// The version of the engine that would be used, "v1.5.5". Errors: as SqlStream's constructor.
std::string engine_version();

}  // namespace osiris
