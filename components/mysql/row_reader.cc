#include "mysql/row_reader.h"

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

namespace {

Schema schema_of(const std::vector<ColumnPlan>& plans) {
  Schema schema;
  for (const ColumnPlan& plan : plans) schema.push_back(plan.type);
  return schema;
}

float to_float(std::string_view digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return static_cast<float>(value);
}

}  // namespace

std::string_view extent(MYSQL_ROW row, std::span<const unsigned long> lengths) {
  std::size_t first = 0;
  while (first < lengths.size() && row[first] == nullptr) ++first;
  if (first == lengths.size()) return {};
  std::size_t last = lengths.size() - 1;
  while (row[last] == nullptr) --last;
  return {row[first], row[last] + lengths[last]};
}

RowReader::RowReader(const std::vector<ColumnPlan>& plans, ZeroDates zero_dates)
    : schema_(schema_of(plans)), zero_dates_(zero_dates), builder_(schema_), zero_date_counts_(plans.size()) {
  for (const ColumnPlan& plan : plans) carries_.push_back(plan.carry);
}

void RowReader::append(MYSQL_ROW row, std::span<const unsigned long> lengths) {
  ++row_count_;
  const std::string_view sent = extent(row, lengths);
  const char* const kept_row = builder_.keep(sent);
  for (std::size_t column = 0; column < lengths.size(); ++column) {
    if (row[column] == nullptr) {
      builder_.append_null(column);
      continue;
    }
    const std::string_view value{row[column], lengths[column]};
    const std::string_view kept{kept_row + (value.data() - sent.data()), value.size()};
    if (carries_[column] == Carry::kVerbatim) {
      builder_.append(column, StringRef::of_kept(kept.data(), kept.size()));
    } else {
      append_converted(column, value, kept);
    }
  }
  builder_.end_row();
}

void RowReader::append_converted(std::size_t column, std::string_view value, std::string_view kept) {
  switch (carries_[column]) {
    case Carry::kVerbatim:
      return builder_.append(column, StringRef::of_kept(kept.data(), kept.size()));
    case Carry::kText:
      if (find_invalid_utf8(value) == std::string_view::npos)
        return builder_.append(column, StringRef::of_kept(kept.data(), kept.size()));
      refuse(column, "value.invalid_utf8", "not UTF-8",
             cat("select CAST(", quoted_name(schema_[column].name), " AS BINARY) to carry the bytes"));
    case Carry::kDate:
      return append_date(column, value, kept);
    case Carry::kBit:
      return builder_.append(column, to_number(value));
    case Carry::kFloat:
      return builder_.append(column, to_float(value));
    case Carry::kGeometry:
      return builder_.append_text(column, to_ewkb(value));
  }
}

void RowReader::append_date(std::size_t column, std::string_view value, std::string_view kept) {
  if (!is_zero_date(value)) return builder_.append(column, StringRef::of_kept(kept.data(), kept.size()));
  if (zero_dates_ == ZeroDates::kError) {
    refuse(column, "value.zero_date", cat("a date that no calendar has: '", value, "'"),
           "set zero_dates to null or text");
  }
  ++zero_date_counts_[column];
  builder_.append_null(column);
}

void RowReader::refuse(std::size_t column, const char* code, const std::string& what,
                       const std::string& hint) const {
  throw Error(ErrorKind::kData, code,
              cat("row ", row_count_, ", column '", schema_[column].name, "' is ", what), hint);
}

void RowReader::report(Context& context) const {
  for (std::size_t column = 0; column < schema_.size(); ++column) {
    const std::uint64_t count = zero_date_counts_[column];
    if (count == 0) continue;
    context.warn("value.zero_date",
                 cat(with_thousands(count), count == 1 ? " zero date" : " zero dates",
                     " became null in column '", schema_[column].name, "'"),
                 "zero_dates: text keeps them as the server prints them, error refuses them");
  }
}

}  // namespace osiris::mysql
