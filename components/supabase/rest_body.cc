#include "supabase/rest_body.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "format/json_rows.h"
#include "table/values.h"

namespace osiris::supabase {

namespace {

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\"\\\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  out += '"';
}

void append_value(std::string& out, const ColumnView& column, std::size_t row, const ColumnType& type,
                  const RestTable::Column& target) {
  if (!column.is_valid(row)) {
    out += "null";
    return;
  }
  if (type.type.id == TypeId::kBytes) return append_hex(out, column.text(row));
  std::string text;
  append_value_text(text, column, row, type);
  if (!target.is_json()) return append_json_string(out, text);
  if (!Json::accept(text)) {
    throw Error(ErrorKind::kData, "value.malformed",
                cat("a value for column '", target.type.name, "' is no JSON"),
                "correct the value at its source, or give the column another type");
  }
  out += text;
}

}  // namespace

void RestBody::append(const Batch& batch, std::size_t row, const Schema& schema,
                      const std::vector<std::size_t>& sources,
                      const std::vector<const RestTable::Column*>& targets) {
  std::string object = "{";
  for (std::size_t index = 0; index < sources.size(); ++index) {
    if (index > 0) object += ',';
    append_json_string(object, targets[index]->type.name);
    object += ':';
    append_value(object, batch.column(sources[index]), row, schema[sources[index]], *targets[index]);
  }
  text_ += object += '}';
  ends_.push_back(text_.size());
}

std::string_view RestBody::object(std::size_t row) const {
  const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
  return std::string_view(text_).substr(begin, ends_[row] - begin);
}

std::string RestBody::array(std::size_t begin, std::size_t end) const {
  std::string array = "[";
  for (std::size_t row = begin; row < end; ++row) {
    if (row > begin) array += ',';
    array += object(row);
  }
  return array += ']';
}

void RestBody::clear() {
  text_.clear();
  ends_.clear();
}

}  // namespace osiris::supabase
