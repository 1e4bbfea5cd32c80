#include "mysql/row_sinks.h"

#include "base/error.h"
#include "base/text.h"
#include "mysql/table_read.h"
#include "mysql/target_column.h"

namespace osiris::mysql {

namespace {

/// Columns into which bytes without a charset go otherwise than text does: those of another charset than
/// utf8mb4, and types that read bytes as their own form of a value.
bool needs_charset(const TargetColumn& column) {
  switch (kind_of(column)) {
    case ColumnKind::kJson:
    case ColumnKind::kListed:
    case ColumnKind::kUnknown:
      return true;
    default:
      return column.type.id == TypeId::kUuid ||
             (column.type.id == TypeId::kText && column.type_modifier == kOtherCharset);
  }
}

}  // namespace

SinkColumns::SinkColumns(const TableMatch& match, bool is_staged) {
  for (const MatchedColumn& column : match.columns) {
    columns.push_back(
        {quoted_name(column.target.name), is_binary(column.target), needs_charset(column.target)});
  }
  if (is_staged) columns.push_back({quoted_name("_osiris_row")});
}

std::string SinkColumns::list() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.quoted);
  return cat("(", join(names, ", "), ")");
}

void expect_rows(std::uint64_t acknowledged, std::uint64_t sent) {
  if (acknowledged == sent) return;
  throw Error(ErrorKind::kData, "load.rows_lost",
              cat("the server took ", counted(acknowledged, "row"), " of ", with_thousands(sent)),
              "look for a trigger or a partition that drops rows");
}

void refuse_long_row(std::size_t bytes, std::size_t most_bytes) {
  throw Error(ErrorKind::kData, "value.too_long",
              cat("a row is larger than the server takes: ", human_bytes(bytes), " of at most ",
                  human_bytes(most_bytes)),
              "raise max_allowed_packet on the server");
}

}  // namespace osiris::mysql
