#include "load/bad_rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris {

namespace {

constexpr std::size_t kMostShownBytes = 60;

/// A value as it may stand in a message: short, on one line, and text.
std::string shown(std::string_view value) {
  std::string text;
  for (const char c : value.substr(0, kMostShownBytes))
    text += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  text.resize(std::min(text.size(), find_invalid_utf8(text)));
  return value.size() > kMostShownBytes ? text + "…" : text;
}

std::optional<std::string> value_text(const Batch& batch, std::size_t column, std::size_t row,
                                      const ColumnType& type) {
  if (!batch.column(column).is_valid(row)) return std::nullopt;
  std::string text;
  append_value_text(text, batch.column(column), row, type);
  return text;
}

void append_field(std::string& record, const std::optional<std::string>& value) {
  if (!value) return;
  record += '"';
  for (const char c : *value) record.append(c == '"' ? 2 : 1, c);
  record += '"';
}

}  // namespace

BadRows::BadRows(const LoadOptions& options, const Schema& schema, Context& context)
    : options_(options), schema_(schema), context_(context) {}

void BadRows::refuse(const Batch& batch, std::size_t row, std::optional<std::size_t> column,
                     const Error& reason) {
  const std::uint64_t number = first_row_ + row + 1;
  if (options_.on_bad_row == OnBadRow::kFail) {
    std::string message = cat("row ", number, ": ", reason.message());
    if (column) {
      const auto value = value_text(batch, *column, row, schema_[*column]);
      message = cat("row ", number, ", column '", schema_[*column].name, "': ", reason.message(),
                    value ? cat(": '", shown(*value), "'") : "");
    }
    throw Error(reason.kind(), reason.code(), message, reason.hint());
  }
  RefusedRow refused{
      reason.code(), column ? schema_[*column].name : "", reason.message(), {{"row", number}}, {}};
  std::string record;
  for (std::size_t index = 0; index < schema_.size(); ++index) {
    const auto value = value_text(batch, index, row, schema_[index]);
    if (index > 0) record += ',';
    append_field(record, value);
    const auto& key = options_.primary_key;
    if (value && std::find(key.begin(), key.end(), schema_[index].name) != key.end())
      refused.source["key"][schema_[index].name] = *value;
  }
  refused.raw = std::move(record);
  leave_out(std::move(refused));
}

void BadRows::refuse_staged(std::uint64_t row, const std::vector<std::string>& names,
                            const std::vector<std::optional<std::string>>& values, const Error& reason) {
  RefusedRow refused{reason.code(), "", reason.message(), {{"row", row + 1}}, {}};
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (index > 0) refused.raw += ',';
    append_field(refused.raw, values[index]);
    const auto& key = options_.primary_key;
    if (values[index] && std::find(key.begin(), key.end(), names[index]) != key.end())
      refused.source["key"][names[index]] = *values[index];
  }
  leave_out(std::move(refused));
}

void BadRows::leave_out(RefusedRow row) {
  piece_.push_back(std::move(row));
  if (options_.max_bad_rows == 0 || count() <= options_.max_bad_rows) return;
  const RefusedRow& last = piece_.back();
  throw Error(ErrorKind::kData, "load.too_many_bad_rows",
              cat("more than ", counted(options_.max_bad_rows, "bad row"),
                  "; the last: ", last.source["row"].dump(), ", ", last.message),
              "look at them, correct the source, or raise max_bad_rows");
}

void BadRows::keep_piece() {
  kept_count_ += piece_.size();
  for (const RefusedRow& row : piece_) {
    if (options_.on_bad_row == OnBadRow::kQuarantine) {
      context_.quarantine(row);
    } else {
      context_.count_skipped_rows(1);
    }
  }
  piece_.clear();
}

}  // namespace osiris
