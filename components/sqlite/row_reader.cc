#include "sqlite/row_reader.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "sqlite/moment_text.h"
#include "sqlite/number_text.h"
#include "table/values.h"

namespace osiris::sqlite {

namespace {

constexpr std::uint8_t kMostNativePrecision = 38;

std::string_view storage_name(int storage) {
  constexpr std::array<std::string_view, 6> kNames{"", "INTEGER", "REAL", "TEXT", "BLOB", "NULL"};
  return kNames.at(static_cast<std::size_t>(storage));
}

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

/// The value's text; of a number, the one that says it exactly.
std::string text_of(sqlite3_stmt* row, int column, int storage) {
  if (storage == SQLITE_INTEGER) return std::to_string(sqlite3_column_int64(row, column));
  if (storage == SQLITE_FLOAT) return shortest_text(sqlite3_column_double(row, column));
  return std::string(bytes_of(row, column));
}

using NativeBytes = std::array<std::byte, sizeof(Hugeint)>;

template <typename T>
T loaded(const NativeBytes& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool is_exact_double(std::int64_t value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  return -kMost <= value && value <= kMost;
}

}  // namespace

Schema schema_of(const std::vector<SourceColumn>& columns) {
  Schema schema;
  for (const SourceColumn& column : columns) {
    ColumnType& type = schema.emplace_back();
    type.name = column.name;
    type.type = column.declared.type;
    type.source_type = cat("sqlite ", column.declared.declared.empty() ? "any" : column.declared.declared);
    type.nullable = column.is_nullable;
    const bool has_no_native_form =
        type.type.id == TypeId::kInterval ||
        (type.type.id == TypeId::kDecimal && type.type.precision > kMostNativePrecision);
    if (has_no_native_form) type.encoding = Encoding::kText;
  }
  return schema;
}

RowReader::RowReader(std::vector<SourceColumn> columns)
    : columns_(std::move(columns)), schema_(schema_of(columns_)), builder_(schema_) {}

std::size_t RowReader::row_bytes(sqlite3_stmt* row) const {
  std::size_t bytes = 0;
  for (int column = 0; column < static_cast<int>(columns_.size()); ++column) {
    const int storage = sqlite3_column_type(row, column);
    if (storage == SQLITE_TEXT || storage == SQLITE_BLOB) {
      bytes += static_cast<std::size_t>(sqlite3_column_bytes(row, column));
    }
  }
  return bytes;
}

void RowReader::append(sqlite3_stmt* row) {
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const int storage = sqlite3_column_type(row, static_cast<int>(column));
    if (storage == SQLITE_NULL) {
      builder_.append_null(column);
    } else {
      append_value(column, row, storage);
    }
  }
  builder_.end_row();
  ++row_count_;
}

void RowReader::append_value(std::size_t column, sqlite3_stmt* row, int storage) {
  const int at = static_cast<int>(column);
  switch (schema_[column].type.id) {
    case TypeId::kInt64:
      if (storage != SQLITE_INTEGER) refuse(column, row, storage, "value.other_type", "no integer");
      return builder_.append<std::int64_t>(column, sqlite3_column_int64(row, at));
    case TypeId::kDouble:
    case TypeId::kFloat:
      return append_real(column, row, storage);
    case TypeId::kBytes:
      if (storage != SQLITE_BLOB) refuse(column, row, storage, "value.other_type", "no bytes");
      return builder_.append_text(column, bytes_of(row, at));
    case TypeId::kText:
    case TypeId::kJson:
      return append_text(column, row, storage);
    case TypeId::kDecimal:
      return append_decimal(column, row, storage);
    case TypeId::kBoolean:
      if (storage != SQLITE_INTEGER && storage != SQLITE_TEXT) break;
      return append_parsed(column, row, storage, text_of(row, at, storage));
    case TypeId::kInterval:
      if (storage != SQLITE_TEXT) break;
      return append_text(column, row, storage);
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      if (storage != SQLITE_TEXT) break;
      return append_parsed(column, row, storage, full_moment(text_of(row, at, storage)));
    case TypeId::kTime:
      if (storage != SQLITE_TEXT) break;
      return append_parsed(column, row, storage, full_clock(text_of(row, at, storage)));
    default:
      if (storage != SQLITE_TEXT) break;
      return append_parsed(column, row, storage, text_of(row, at, storage));
  }
  refuse(column, row, storage, "value.other_type", cat("no ", to_string(schema_[column].type)));
}

void RowReader::append_text(std::size_t column, sqlite3_stmt* row, int storage) {
  if (storage == SQLITE_BLOB) refuse(column, row, storage, "value.other_type", "no text");
  const int at = static_cast<int>(column);
  if (storage != SQLITE_TEXT) return builder_.append_text(column, text_of(row, at, storage));
  const std::string_view text = bytes_of(row, at);
  if (!is_valid_utf8(text)) refuse(column, row, storage, "value.invalid_utf8", "not UTF-8");
  if (schema_[column].type.id == TypeId::kJson && !Json::accept(text)) {
    refuse(column, row, storage, "value.malformed", "no JSON");
  }
  builder_.append_text(column, text);
}

void RowReader::append_real(std::size_t column, sqlite3_stmt* row, int storage) {
  const int at = static_cast<int>(column);
  const bool is_whole = storage == SQLITE_INTEGER;
  if (!is_whole && storage != SQLITE_FLOAT) refuse(column, row, storage, "value.other_type", "no number");
  if (is_whole && !is_exact_double(sqlite3_column_int64(row, at))) {
    refuse(column, row, storage, "value.out_of_range", "an integer that no double holds");
  }
  const double value = sqlite3_column_double(row, at);
  if (schema_[column].type.id == TypeId::kDouble) return builder_.append<double>(column, value);
  const auto single = static_cast<float>(value);
  if (static_cast<double>(single) != value) {
    refuse(column, row, storage, "value.out_of_range", "no value of four bytes");
  }
  builder_.append<float>(column, single);
}

void RowReader::append_decimal(std::size_t column, sqlite3_stmt* row, int storage) {
  if (storage == SQLITE_BLOB) refuse(column, row, storage, "value.other_type", "no number");
  const int at = static_cast<int>(column);
  const std::string text =
      storage == SQLITE_FLOAT ? plain_text(sqlite3_column_double(row, at)) : text_of(row, at, storage);
  const LogicalType& type = schema_[column].type;
  const auto digits = count_digits(text);
  if (!digits) refuse(column, row, storage, "value.malformed", cat("no ", to_string(type)));
  if (storage == SQLITE_FLOAT && digits->significant > kRealDigits) {
    refuse(column, row, storage, "value.out_of_range", "a REAL with more digits than it holds exactly");
  }
  if (digits->whole > type.precision - type.scale || digits->fraction > type.scale) {
    refuse(column, row, storage, "value.out_of_range", cat("beyond what ", to_string(type), " holds"));
  }
  const std::string scaled = with_scale(text, type.scale);
  if (schema_[column].encoding == Encoding::kText) return builder_.append_text(column, scaled);
  append_parsed(column, row, storage, scaled);
}

void RowReader::append_parsed(std::size_t column, sqlite3_stmt* row, int storage, std::string_view text) {
  NativeBytes value{};
  const LogicalType& type = schema_[column].type;
  const Parsed parsed = parse_native(text, type, value.data());
  if (parsed != Parsed::kExact) {
    const bool is_malformed = parsed == Parsed::kMalformed;
    refuse(column, row, storage, is_malformed ? "value.malformed" : "value.out_of_range",
           cat(is_malformed ? "no " : "beyond what fits ", to_string(type)));
  }
  switch (native_width(type)) {
    case sizeof(std::uint8_t):
      return builder_.append(column, loaded<std::uint8_t>(value));
    case sizeof(std::int16_t):
      return builder_.append(column, loaded<std::int16_t>(value));
    case sizeof(std::int32_t):
      return builder_.append(column, loaded<std::int32_t>(value));
    case sizeof(std::int64_t):
      return builder_.append(column, loaded<std::int64_t>(value));
    default:
      return builder_.append(column, loaded<Hugeint>(value));
  }
}

void RowReader::refuse(std::size_t column, sqlite3_stmt* row, int storage, const char* code,
                       const std::string& what) const {
  constexpr std::size_t kMostShown = 80;
  std::string shown;
  if (storage != SQLITE_BLOB) {
    const std::string text = text_of(row, static_cast<int>(column), storage);
    if (text.size() <= kMostShown && is_valid_utf8(text)) shown = cat(" '", text, "'");
  }
  const std::string& declared = columns_[column].declared.declared;
  throw Error(
      ErrorKind::kData, code,
      cat("row ", row_count_ + 1, ", column '", columns_[column].name, "' (",
          declared.empty() ? "no type" : declared, "): the ", storage_name(storage), shown, " is ", what),
      cat("give the column another type, types: {", columns_[column].name,
          ": text}, or convert the value in the query, CAST(… AS TEXT)"));
}

}  // namespace osiris::sqlite
