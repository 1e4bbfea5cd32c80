#include "report/preview.h"

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/engine.h"
#include "format/csv.h"
#include "table/values.h"

namespace osiris {

namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kPreviewRows = 20;
constexpr std::size_t kPreviewBytes = 64 << 10;
constexpr std::size_t kCellCharacters = 200;

Rows preview_of_csv(const std::string& text) {
  std::size_t at = 0;
  CsvReader reader({}, [&](char* buffer, std::size_t size) {
    const std::size_t count = text.copy(buffer, size, at);
    at += count;
    return count;
  });
  Rows rows;
  while (const CsvRecord* record = rows.size() <= kPreviewRows ? reader.next() : nullptr) {
    // What the end of the piece cuts off is no record.
    if (record->is_malformed()) break;
    auto& row = rows.emplace_back();
    for (const CsvField& field : record->fields) row.push_back(shortened(field.text, kCellCharacters));
  }
  return rows;
}

/// A JSON value as a cell shows it: texts without quotes, nothing for null.
std::string cell_of(const Json& value) {
  if (value.is_null()) return {};
  const std::string text = value.is_string() ? value.get<std::string>()
                                             : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return shortened(text, kCellCharacters);
}

Rows preview_of_json_lines(const std::string& text) {
  std::vector<Json> objects;
  for (std::string_view rest = text; !rest.empty() && objects.size() < kPreviewRows;) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    Json object = Json::parse(rest.substr(0, end), nullptr, false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (object.is_object()) objects.push_back(std::move(object));
  }
  if (objects.empty()) return {};
  Rows rows(1);
  for (const Json& object : objects) {
    for (const auto& [key, _] : object.items()) {
      if (std::ranges::find(rows.front(), key) == rows.front().end()) rows.front().push_back(key);
    }
  }
  for (const Json& object : objects) {
    auto& row = rows.emplace_back();
    for (const std::string& key : rows.front())
      row.push_back(object.contains(key) ? cell_of(object[key]) : "");
  }
  return rows;
}

Rows preview_of_parquet(const fs::path& path) {
  std::string quoted;
  for (const char c : path.string()) quoted += c == '\'' ? "''" : std::string(1, c);
  SqlOptions options;
  options.allow_external_access = true;
  SqlStream stream(cat("SELECT * FROM read_parquet('", quoted, "') LIMIT ", kPreviewRows), {}, options);
  Rows rows(1);
  for (const ColumnType& column : stream.schema()) rows.front().push_back(column.name);
  while (const auto batch = stream.next()) {
    for (std::size_t row = 0; row < batch->row_count(); ++row) {
      auto& cells = rows.emplace_back();
      for (std::size_t column = 0; column < stream.schema().size(); ++column) {
        std::string text;
        if (batch->column(column).is_valid(row))
          append_value_text(text, batch->column(column), row, stream.schema()[column]);
        cells.push_back(shortened(text, kCellCharacters));
      }
    }
  }
  return rows;
}

}  // namespace

std::string first_bytes(const fs::path& path, std::uint64_t count) {
  std::ifstream file(path, std::ios::binary);
  std::string text(count, '\0');
  file.read(text.data(), static_cast<std::streamsize>(count));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

std::vector<std::vector<std::string>> preview_of(const fs::path& path) {
  if (!fs::is_regular_file(path)) return {};
  const std::string kind = to_lower(path.extension().string());
  try {
    if (kind == ".csv") return preview_of_csv(first_bytes(path, kPreviewBytes));
    if (kind == ".jsonl" || kind == ".ndjson" || kind == ".json")
      return preview_of_json_lines(first_bytes(path, kPreviewBytes));
    if (kind == ".parquet") return preview_of_parquet(path);
  } catch (const Error&) {
    return {};  // the file is not what its name says, or the engine is not there
  }
  return {};
}

}  // namespace osiris
