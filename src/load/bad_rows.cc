#include "load/bad_rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris {

namespace {

using Names = std::vector<std::string>;
using Values = std::vector<std::optional<std::string>>;

std::optional<std::string> value_text(const Batch& batch, std::size_t column, std::size_t row,
                                      const ColumnType& type) {
  if (!batch.column(column).is_valid(row)) return std::nullopt;
  std::string text;
  append_value_text(text, batch.column(column), row, type);
  return text;
}

/// A CSV record: quotes around every value that is there, nothing for a null.
std::string record_of(const Values& values) {
  std::string record;
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (index > 0) record += ',';
    if (!values[index]) continue;
    record += '"';
    for (const char c : *values[index]) record.append(c == '"' ? 2 : 1, c);
    record += '"';
  }
  return record;
}

/// {"row": 17, "key": {"id": "4"}}: where a person finds the row again.
Json source_of(std::uint64_t row, const Names& key, const Names& names, const Values& values) {
  Json source{{"row", row + 1}};
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (!values[index] || std::find(key.begin(), key.end(), names[index]) == key.end()) continue;
    source["key"][names[index]] = is_valid_utf8(*values[index]) ? *values[index] : to_hex(*values[index]);
  }
  return source;
}

}  // namespace

void BadRows::begin_chunk(std::uint64_t first_row) {
  chunk_begin_ = first_row;
  chunk_count_ = 0;
  unstaged_rows_.clear();
}

void BadRows::refuse(const Batch& batch, std::size_t row, std::optional<std::size_t> column,
                     const Error& reason) {
  const std::uint64_t load_row = batch_begin_ + row;
  if (options_.on_bad_row == OnBadRow::kFail) {
    throw Error(reason.kind(), reason.code(), cat("row ", load_row + 1, ": ", reason.message()),
                reason.hint());
  }
  Names names;
  Values values;
  for (std::size_t index = 0; index < schema_.size(); ++index) {
    names.push_back(schema_[index].name);
    values.push_back(value_text(batch, index, row, schema_[index]));
  }
  piece_.push_back({load_row, false,
                    RefusedRow{reason.code(), column ? schema_[*column].name : "", reason.message(),
                               source_of(load_row, options_.primary_key, names, values), record_of(values)}});
}

void BadRows::refuse_staged(std::uint64_t staged_row, const Names& names, const Values& values,
                            const Error& reason) {
  const std::uint64_t row = row_of_staged(staged_row);
  piece_.push_back({row, true,
                    RefusedRow{reason.code(), "", reason.message(),
                               source_of(row, options_.primary_key, names, values), record_of(values)}});
}

/// The staging table counts its own rows; those that never came to it lie between.
std::uint64_t BadRows::row_of_staged(std::uint64_t staged_row) const {
  std::uint64_t row = chunk_begin_ + staged_row;
  for (const std::uint64_t unstaged : unstaged_rows_) {
    if (unstaged > row) break;
    ++row;
  }
  return row;
}

void BadRows::keep_piece() {
  for (const Refused& refused : piece_) {
    if (options_.on_bad_row == OnBadRow::kQuarantine) {
      context_.quarantine(refused.facts);
    } else {
      context_.count_skipped_rows(1);
    }
    if (!refused.is_staged) unstaged_rows_.push_back(refused.row);
    last_refusal_ = cat("row ", refused.row + 1, ": ", refused.facts.message);
  }
  count_ += piece_.size();
  chunk_count_ += piece_.size();
  piece_.clear();
  check_count();
}

void BadRows::check_count() const {
  if (options_.max_bad_rows == 0 || count_ <= options_.max_bad_rows) return;
  throw Error(ErrorKind::kData, "load.too_many_bad_rows",
              cat("more than ", counted(options_.max_bad_rows, "bad row"), "; the last is ", last_refusal_),
              "look at them, correct the source, or raise max_bad_rows");
}

}  // namespace osiris
