#include "filesystem/jsonl_formatter.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "format/json_text.h"
#include "table/values.h"

namespace osiris::filesystem {

namespace {

bool is_whole_value(std::string_view text) { return end_of_json_value(text, 0) == text.size(); }

bool is_number(std::string_view text) {
  return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) && is_whole_value(text);
}

/// Zeros that only fill a number's width are not part of it.
std::string_view without_leading_zeros(std::string_view text) {
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') text.remove_prefix(1);
  return text;
}

[[noreturn]] void refuse(const ColumnType& column, std::string_view problem) {
  throw Error(ErrorKind::kData, "value.malformed", cat("column '", column.name, "' holds ", problem),
              "correct the value where it is read, or make it text in a SQL step");
}

}  // namespace

JsonlFormatter::JsonlFormatter(const Schema& schema, bool has_base64_bytes)
    : schema_(&schema), has_base64_bytes_(has_base64_bytes) {
  for (const ColumnType& column : schema) {
    Plan& plan = plans_.emplace_back();
    plan.prefix = plans_.size() == 1 ? "" : ",";
    append_json_string(plan.prefix, column.name);
    plan.prefix += ':';
    const TypeId id = column.type.id;
    if (id == TypeId::kBoolean) {
      plan.form = Form::kBoolean;
    } else if (id == TypeId::kJson) {
      plan.form = Form::kJson;
    } else if (id == TypeId::kBytes) {
      plan.form = Form::kBytes;
    } else {
      plan.form = id >= TypeId::kInt8 && id <= TypeId::kDecimal ? Form::kNumber : Form::kString;
    }
  }
}

void JsonlFormatter::append_rows(OutputBuffer& out, const Batch& batch, std::size_t first, std::size_t last) {
  for (std::size_t row = first; row < last; ++row) {
    line_ = '{';
    for (std::size_t index = 0; index < plans_.size(); ++index) {
      line_ += plans_[index].prefix;
      const ColumnView& column = batch.column(index);
      if (column.is_valid(row)) {
        append_value(plans_[index], column, row, (*schema_)[index]);
      } else {
        line_ += "null";
      }
    }
    line_ += "}\n";
    out.append(line_);
  }
}

void JsonlFormatter::append_value(const Plan& plan, const ColumnView& column, std::size_t row,
                                  const ColumnType& type) {
  value_.clear();
  append_value_text(value_, column, row, type);
  switch (plan.form) {
    case Form::kNumber:
      if (const std::string_view number = without_leading_zeros(value_); is_number(number)) {
        line_ += number;
      } else {
        append_json_string(line_, value_);
      }
      return;
    case Form::kBoolean:
      if (value_ == "1") value_ = "true";
      if (value_ == "0") value_ = "false";
      line_ += value_;
      return;
    case Form::kJson:
      if (!is_whole_value(trim(value_)) || !is_valid_utf8(value_)) refuse(type, "what is not JSON");
      // A line break inside a string is no JSON, so these are between values.
      std::replace(value_.begin(), value_.end(), '\n', ' ');
      std::replace(value_.begin(), value_.end(), '\r', ' ');
      line_ += trim(value_);
      return;
    case Form::kBytes:
      append_json_string(line_, has_base64_bytes_ ? to_base64(value_) : to_hex(value_));
      return;
    case Form::kString:
      if (!is_valid_utf8(value_)) refuse(type, "text that is not UTF-8");
      append_json_string(line_, value_);
  }
}

}  // namespace osiris::filesystem
