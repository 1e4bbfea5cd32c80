#pragma once

#include <optional>
#include <string>
#include <vector>

#include "component/config.h"
#include "filesystem/cell_type.h"
#include "filesystem/refused_rows.h"

namespace osiris::filesystem {

/// The columns of a step that reads text files: which of the files' fields they are, what their texts mean,
/// and the file's own name among them. Reads the keys `types` and `file_column`.
class FileColumns {
 public:
  /// `names` are those of the fields, `wanted` the columns that are read, in their order; none: all.
  /// `source_type` is what a column without a declared type was, `file` the file that has the fields.
  /// Errors: kUser "config.invalid", "file.no_such_column".
  FileColumns(const std::vector<std::string>& names, const std::vector<std::string>& wanted,
              const Config& config, const std::string& source_type, const std::string& file);

  const Schema& schema() const { return schema_; }
  /// Whether the columns are all fields, in their order, as text.
  bool are_the_fields() const { return are_the_fields_; }
  /// Columns that come from fields.
  std::size_t count() const { return fields_.size(); }
  /// The index of a column's field.
  std::size_t field_of(std::size_t column) const { return fields_[column]; }

  /// Appends a field's text to the row under way, unless it does not fit.
  Parsed append(BatchBuilder& builder, std::size_t column, std::string_view text) const {
    if (types_[column]) return types_[column]->append(builder, column, text);
    builder.append_text(column, text);
    return Parsed::kExact;
  }
  /// Appends the file's name, where it is wanted.
  void append_file(BatchBuilder& builder, const std::string& file) const {
    if (fields_.size() < schema_.size()) builder.append_text(fields_.size(), file);
  }
  RowProblem misfit(Parsed fit, std::size_t column, std::string_view text) const;

 private:
  Schema schema_;
  bool are_the_fields_ = false;
  std::vector<std::size_t> fields_;
  std::vector<std::optional<CellType>> types_;
};

}  // namespace osiris::filesystem
