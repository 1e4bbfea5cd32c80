#include "filesystem/file_columns.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

std::size_t field_named(const std::string& name, const std::vector<std::string>& names,
                        const std::string& file) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw Error(ErrorKind::kUser, "file.no_such_column", cat("'", file, "' has no column '", name, "'"),
              suggestion(name, names));
}

void refuse_duplicates(const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) continue;
    throw Error(ErrorKind::kUser, "config.invalid", cat("columns names a column twice: '", name, "'"));
  }
}

}  // namespace

FileColumns::FileColumns(const std::vector<std::string>& names, const std::vector<std::string>& wanted,
                         const Config& config, const std::string& source_type, const std::string& file) {
  refuse_duplicates(config.texts("columns"));
  const bool takes_all = wanted.empty();
  for (const std::string& name : takes_all ? names : wanted) {
    fields_.push_back(takes_all ? fields_.size() : field_named(name, names, file));
    ColumnType& column = schema_.emplace_back();
    column.name = name;
    column.source_type = source_type;
  }
  types_.resize(schema_.size());
  for (CellType& type : declared_types(config.value("types"))) {
    field_named(type.column().name, names, file);
    const auto column = std::find_if(schema_.begin(), schema_.end(), [&](const ColumnType& candidate) {
      return candidate.name == type.column().name;
    });
    if (column == schema_.end()) continue;
    *column = type.column();
    types_[static_cast<std::size_t>(column - schema_.begin())] = std::move(type);
  }
  const auto file_column = config.optional_text("file_column");
  are_the_fields_ =
      takes_all && !file_column &&
      std::none_of(types_.begin(), types_.end(), [](const auto& type) { return type.has_value(); });
  if (!file_column) return;
  const bool is_taken = std::any_of(schema_.begin(), schema_.end(),
                                    [&](const ColumnType& column) { return column.name == *file_column; });
  if (is_taken) {
    throw Error(ErrorKind::kUser, "config.invalid",
                cat("file_column is a column of the file: '", *file_column, "'"), "give it another name");
  }
  schema_.emplace_back().name = *file_column;
}

RowProblem FileColumns::misfit(Parsed fit, std::size_t column, std::string_view text) const {
  const ColumnType& type = schema_[column];
  return {fit == Parsed::kMalformed ? "value.malformed" : "value.out_of_range", type.name,
          describe_misfit(fit, type.type, text)};
}

}  // namespace osiris::filesystem
