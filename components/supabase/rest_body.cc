#include "supabase/rest_body.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "format/json_rows.h"
#include "format/json_text.h"
#include "table/values.h"

namespace osiris::supabase {

namespace {

void append_json(std::string& out, std::string_view text, const std::string& column) {
  if (!Json::accept(text)) {
    throw Error(ErrorKind::kData, "value.malformed", cat("a value for column '", column, "' is no JSON"),
                "correct the value at its source, or give the column another type");
  }
  out += text;
}

}  // namespace

RestColumns::RestColumns(const Schema& schema, const TableMatch& match) {
  for (const MatchedColumn& matched : match.columns) {
    const std::string& declared = matched.target.declared;
    Column& column = columns_.emplace_back();
    column.source = matched.source;
    column.type = schema[matched.source];
    column.name = matched.target.name;
    column.is_json = declared == "json" || declared == "jsonb";
    column.opening += columns_.size() == 1 ? '{' : ',';
    append_json_string(column.opening, column.name);
    column.opening += ':';
  }
}

void RestColumns::append_object(std::string& out, const Batch& batch, std::size_t row) {
  for (const Column& column : columns_) {
    out += column.opening;
    const ColumnView values = batch.column(column.source);
    if (!values.is_valid(row)) {
      out += "null";
    } else if (column.type.type.id == TypeId::kBytes) {
      out += R"("\\x)";
      out += to_hex(values.text(row));
      out += '"';
    } else {
      text_.clear();
      append_value_text(text_, values, row, column.type);
      column.is_json ? append_json(out, text_, column.name) : append_json_string(out, text_);
    }
  }
  out += '}';
}

std::vector<std::string> RestColumns::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  return names;
}

void RestBody::append(RestColumns& columns, const Batch& batch, std::size_t row) {
  const std::size_t begin = text_.size();
  try {
    columns.append_object(text_, batch, row);
  } catch (const Error&) {
    text_.resize(begin);
    throw;
  }
  ends_.push_back(text_.size());
}

std::string_view RestBody::object(std::size_t row) const {
  const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
  return std::string_view(text_).substr(begin, ends_[row] - begin);
}

void RestBody::append_array(std::string& out, std::size_t begin, std::size_t end) const {
  out += '[';
  for (std::size_t row = begin; row < end; ++row) {
    if (row > begin) out += ',';
    out += object(row);
  }
  out += ']';
}

}  // namespace osiris::supabase
