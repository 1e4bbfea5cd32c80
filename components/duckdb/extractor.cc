#include <chrono>
#include <memory>

#include "base/text.h"
#include "component/component.h"
#include "component/read_only_sql.h"
#include "duckdb/connection.h"
#include "duckdb/new_rows.h"
#include "engine/engine.h"
#include "load/incremental.h"

namespace osiris::duckdb {

namespace {

constexpr SqlDialect kDialect{.dollar_quotes = true, .nested_comments = true};

std::string statement_of(const Config& config) {
  const auto table = config.optional_text("table");
  if (!table) {
    const std::string query = config.text("query");
    return std::string(bare_statement(query, kDialect));
  }
  std::vector<std::string> columns;
  for (const std::string& name : config.texts("columns")) columns.push_back(quoted_name(name));
  const auto where = config.optional_text("where");
  return cat("SELECT ", columns.empty() ? "*" : join(columns, ", "), " FROM ", quoted_table(*table),
             where ? cat(" WHERE (", *where, "\n)") : "");
}

/// The rows of a file's statement, not started yet.
SqlStream open_rows(const Config& config, Context& context) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string statement = statement_of(config);
  SqlStream rows(statement, {}, file_options(context));
  context.connection_opened(server(), std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::steady_clock::now() - begin));
  const auto incremental = IncrementalOptions::of(config);
  if (!incremental) return rows;
  return SqlStream(new_rows_statement(statement, rows.schema(), *incremental, context.window()), {},
                   file_options(context));
}

Schema schema_of(const SqlStream& rows) {
  Schema schema = rows.schema();
  for (ColumnType& column : schema) column.source_type = cat("duckdb ", to_string(column.type));
  return schema;
}

class RowExtractor : public Extractor {
 public:
  RowExtractor(const Config& config, Context& context)
      : context_(&context), rows_(open_rows(config, context)), schema_(schema_of(rows_)) {}

  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override {
    auto batch = rows_.next();
    if (batch) context_->count_bytes_read(batch->byte_count());
    return batch;
  }

 private:
  Context* context_;
  SqlStream rows_;
  Schema schema_;
};

Preview preview_rows(const Config& config, Context& context) {
  Preview preview;
  preview.schema = schema_of(open_rows(config, context));
  const auto table = config.optional_text("table");
  preview.reads.push_back(table ? cat("table ", *table) : cat("query on ", context.connection().reference()));
  return preview;
}

}  // namespace

void describe_extractor(Component& component) {
  describe_row_extractor<RowExtractor>(component, preview_rows);
}

}  // namespace osiris::duckdb
