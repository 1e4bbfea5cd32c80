#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// A Parquet file and its name for people.
struct ParquetPath {
  std::filesystem::path path;
  std::string shown;
};

/// The rows of Parquet files, one file after the other.
///
/// Types are those of the file; a list, a struct or a map is its JSON. Nanoseconds and what else has no type
/// of ours is the text that the engine prints.
class ParquetReader {
 public:
  /// `columns` are those that are read, in their order; none: all. `file_column`, where it is not empty, adds
  /// a column with the file's name. Opens every file, so that they agree before a row is read.
  ///
  /// Errors: kUser "engine.missing", "engine.version", "file.no_such_column", "config.invalid"; kData
  ///         "parquet.damaged", "parquet.schema_differs".
  ParquetReader(std::vector<ParquetPath> files, const std::vector<std::string>& columns,
                const std::string& file_column, const SqlOptions& options);
  ParquetReader(ParquetReader&&) noexcept;
  ParquetReader& operator=(ParquetReader&&) noexcept;
  ~ParquetReader();

  const Schema& schema() const;
  /// Errors: kData "parquet.damaged"; kUser "run.cancelled".
  std::optional<Batch> next();

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

}  // namespace osiris
