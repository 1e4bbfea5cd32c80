#include "load/incremental.h"

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris {

namespace {

std::size_t index_of(const std::string& name, const Schema& schema) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < schema.size(); ++index) {
    if (schema[index].name == name) return index;
    names.push_back(schema[index].name);
  }
  throw Error(ErrorKind::kUser, "incremental.unknown_column",
              cat("an incremental read needs the column '", name, "', which its rows do not have"),
              suggestion(name, names));
}

void append_value(BatchBuilder& builder, const Batch& batch, std::size_t column, std::size_t row,
                  const ColumnType& type) {
  const ColumnView& view = batch.column(column);
  if (!view.is_valid(row)) return builder.append_null(column);
  if (type.encoding == Encoding::kText || is_string(type.type))
    return builder.append_text(column, view.text(row));
  switch (native_width(type.type)) {
    case 1:
      return builder.append(column, view.as<std::uint8_t>()[row]);
    case 2:
      return builder.append(column, view.as<std::uint16_t>()[row]);
    case 4:
      return builder.append(column, view.as<std::uint32_t>()[row]);
    case 8:
      return builder.append(column, view.as<std::uint64_t>()[row]);
    default:
      return builder.append(column, view.as<Hugeint>()[row]);
  }
}

bool is_time(const LogicalType& type) {
  return type.id == TypeId::kDate || type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz;
}

bool is_number(const LogicalType& type) { return type.id >= TypeId::kInt8 && type.id <= TypeId::kDecimal; }

bool is_name(const LogicalType& type) { return type.id == TypeId::kText || type.id == TypeId::kUuid; }

std::string looked_back(const std::string& literal, const std::string& lookback, const ColumnType& cursor,
                        const CursorDialect& dialect) {
  if (lookback.empty()) return literal;
  if (is_time(cursor.type)) {
    if (const auto time_ms = parse_duration_ms(lookback))
      return dialect.earlier(literal, std::chrono::milliseconds(*time_ms));
  } else if (is_number(cursor.type) && parse_integer(lookback)) {
    return cat(literal, " - ", lookback);
  }
  throw Error(ErrorKind::kUser, "incremental.lookback",
              cat("a cursor of type ", to_string(cursor.type), " cannot look back by '", lookback, "'"),
              "a cursor of time looks back by a duration (10m), a number by a number, any other not at all");
}

Batch selected(const Batch& batch, const Schema& schema, const std::vector<std::size_t>& rows) {
  BatchBuilder builder(schema);
  for (const std::size_t row : rows) {
    for (std::size_t column = 0; column < schema.size(); ++column) {
      append_value(builder, batch, column, row, schema[column]);
    }
    builder.end_row();
  }
  return builder.finish();
}

}  // namespace

std::optional<IncrementalOptions> IncrementalOptions::of(const Config& config) {
  const Json& value = config.value("incremental");
  if (!value.is_object()) return std::nullopt;
  return IncrementalOptions{value.value("cursor", ""), value.value("key", ""), value.value("lookback", "")};
}

std::string rows_of_query(std::string_view query) { return cat("(", query, "\n) AS osiris_rows"); }

const ColumnType& cursor_column(const IncrementalOptions& options, const Schema& schema) {
  index_of(options.key, schema);
  const ColumnType& cursor = schema[index_of(options.cursor, schema)];
  if (is_time(cursor.type) || is_number(cursor.type) || is_name(cursor.type)) return cursor;
  throw Error(ErrorKind::kUser, "incremental.cursor_type",
              cat("an incremental read wants a cursor that grows; '", cursor.name, "' is a column of type '",
                  to_string(cursor.type), "'"),
              "take a time of change or a serial number");
}

std::string incremental_statement(const IncrementalSource& source, const IncrementalOptions& options,
                                  const Window& window, const ColumnType& cursor,
                                  const CursorDialect& dialect) {
  const auto bound = [&](std::string_view comparison, const std::string& literal) {
    return cat(" AND ", source.cursor, comparison, literal);
  };
  std::string statement =
      cat("SELECT ", source.select, " FROM ", source.from, " WHERE ", source.cursor, " IS NOT NULL");
  if (window.after) {
    const std::string literal = dialect.literal(cursor, window.after->cursor);
    statement += bound(" >= ", looked_back(literal, options.lookback, cursor, dialect));
  }
  if (window.from) statement += bound(" >= ", dialect.literal(cursor, *window.from));
  if (window.to) statement += bound(" < ", dialect.literal(cursor, *window.to));
  return cat(statement, " ORDER BY ", source.cursor, ", ", source.key);
}

IncrementalFilter::IncrementalFilter(const IncrementalOptions& options, const Window& window,
                                     const Schema& schema)
    : schema_(&schema),
      is_by_hand_(window.is_by_hand()),
      cursor_(index_of(options.cursor, schema)),
      key_(index_of(options.key, schema)),
      before_(window.after),
      // Rows that a look back brings again are wanted: they may have changed.
      is_past_mark_(!window.after || !options.lookback.empty()) {
  if (before_) seen_.insert(before_->keys.begin(), before_->keys.end());
}

std::string IncrementalFilter::text(const Batch& batch, std::size_t column, std::size_t row) const {
  std::string text;
  if (batch.column(column).is_valid(row))
    append_value_text(text, batch.column(column), row, (*schema_)[column]);
  return text;
}

std::optional<Batch> IncrementalFilter::filter(const Batch& batch) {
  move_mark(batch);
  if (is_past_mark_) return batch;
  std::vector<std::size_t> wanted;
  for (std::size_t row = 0; row < batch.row_count(); ++row) {
    is_past_mark_ = is_past_mark_ || text(batch, cursor_, row) != before_->cursor;
    if (is_past_mark_ || !seen_.contains(text(batch, key_, row))) wanted.push_back(row);
  }
  if (wanted.empty()) return std::nullopt;
  return wanted.size() == batch.row_count() ? batch : selected(batch, *schema_, wanted);
}

/// Only the rows at the end of a batch that share its last cursor value can be those at the mark.
void IncrementalFilter::move_mark(const Batch& batch) {
  std::size_t row = batch.row_count();
  if (!batch.column(cursor_).is_valid(row - 1))
    return;  // a zero date: the server has a value, a batch has none
  const std::string last = text(batch, cursor_, row - 1);
  Mark mark{last, {}};
  while (row > 0 && text(batch, cursor_, row - 1) == last) mark.keys.push_back(text(batch, key_, --row));
  if (row == 0 && reached_ && reached_->cursor == last) {
    mark.keys.insert(mark.keys.end(), reached_->keys.begin(), reached_->keys.end());
  }
  reached_ = std::move(mark);
}

std::optional<Mark> IncrementalFilter::mark() const {
  if (is_by_hand_) return std::nullopt;
  return reached_ ? reached_ : before_;
}

namespace {

class IncrementalExtractor : public Extractor {
 public:
  IncrementalExtractor(std::unique_ptr<Extractor> rows, const IncrementalOptions& options,
                       const Window& window)
      : rows_(std::move(rows)), filter_(options, window, rows_->schema()) {}

  const Schema& schema() const override { return rows_->schema(); }
  std::optional<Batch> next() override {
    while (const auto batch = rows_->next()) {
      if (auto wanted = filter_.filter(*batch)) return wanted;
    }
    return std::nullopt;
  }
  std::optional<Mark> mark() const override { return filter_.mark(); }

 private:
  std::unique_ptr<Extractor> rows_;
  IncrementalFilter filter_;
};

}  // namespace

std::unique_ptr<Extractor> read_incrementally(std::unique_ptr<Extractor> rows,
                                              const IncrementalOptions& options, const Window& window) {
  return std::make_unique<IncrementalExtractor>(std::move(rows), options, window);
}

}  // namespace osiris
