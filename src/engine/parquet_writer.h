#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris {

struct ParquetStyle {
  std::string compression = "zstd";  ///< zstd, snappy, gzip or uncompressed
  std::uint64_t row_group_bytes = std::uint64_t{8} << 20;
};

class ParquetStatement;

/// Writes batches into one Parquet file.
///
/// Integers over 64 bits become DECIMAL(38,0), for Parquet has none; an interval, whose parts it would round
/// to milliseconds, and a decimal over 38 digits are text; JSON is marked as such.
///
/// The engine pulls the rows of what it writes, and we push them: a thread of its own runs its statement.
class ParquetWriter {
 public:
  /// Errors: kUser "engine.missing", "engine.version".
  ParquetWriter(const Schema& schema, const std::filesystem::path& path, const ParquetStyle& style,
                const SqlOptions& options);
  ParquetWriter(const ParquetWriter&) = delete;
  ParquetWriter& operator=(const ParquetWriter&) = delete;
  /// Gives up what is not finished.
  ~ParquetWriter();

  /// Errors: kData "value.out_of_range", "value.malformed", "parquet.unwritable".
  void write(const Batch& batch);
  /// Writes what is left and the file's end. Errors: as write().
  void finish();

 private:
  std::unique_ptr<ParquetStatement> statement_;
};

/// Writes one Parquet file for each value of some columns. The rows are kept in the engine, which spills
/// them, until all are there; then the files are written one after the other.
class ParquetPartitions {
 public:
  /// `columns` are indices in the schema. Errors: as ParquetWriter().
  ParquetPartitions(const Schema& schema, const std::vector<std::size_t>& columns, ParquetStyle style,
                    const SqlOptions& options);
  ParquetPartitions(const ParquetPartitions&) = delete;
  ParquetPartitions& operator=(const ParquetPartitions&) = delete;
  ~ParquetPartitions();

  /// Errors: as ParquetWriter::write().
  void write(const Batch& batch);
  /// The values of a file as the engine prints them, in the order of the columns; nothing where they are
  /// null.
  using Values = std::vector<std::optional<std::string>>;
  /// Writes each file where `place` says. Errors: as write(), and those of `place`.
  void finish(const std::function<std::filesystem::path(const Values&)>& place);

 private:
  std::vector<std::string> names_;  ///< of the columns
  ParquetStyle style_;
  std::unique_ptr<ParquetStatement> statement_;
};

}  // namespace osiris
