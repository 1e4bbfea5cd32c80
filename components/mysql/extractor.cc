#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <errmsg.h>
#include <mysqld_error.h>

#include "base/text.h"
#include "component/component.h"
#include "component/read_only_sql.h"
#include "load/incremental.h"
#include "mysql/column.h"
#include "mysql/connection.h"
#include "mysql/errors.h"
#include "mysql/new_rows.h"
#include "mysql/row_reader.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

namespace {

constexpr SqlDialect kDialect{.backslash_escapes = true,
                              .hash_comments = true,
                              .executable_comments = true,
                              .double_quoted_strings = true};

ZeroDates zero_dates_of(const Config& config) {
  const std::string word = config.text("zero_dates");
  if (word == "text") return ZeroDates::kText;
  return word == "error" ? ZeroDates::kError : ZeroDates::kNull;
}

std::vector<SourceColumn> columns_of(MYSQL_RES* result) {
  std::vector<SourceColumn> columns;
  const MYSQL_FIELD* const fields = mysql_fetch_fields(result);
  for (unsigned index = 0; index < mysql_num_fields(result); ++index) {
    columns.push_back(source_column(fields[index]));
  }
  return columns;
}

std::vector<ColumnPlan> plans_of(const std::vector<SourceColumn>& columns, ZeroDates zero_dates) {
  std::vector<ColumnPlan> plans;
  for (const SourceColumn& column : columns) plans.push_back(plan_column(column, zero_dates));
  return plans;
}

/// The names of columns that arrive rounded; a widened float does not.
std::vector<std::string> rounded_names(const std::vector<SourceColumn>& columns) {
  std::vector<std::string> names;
  for (const SourceColumn& column : columns) {
    if (is_rounded(column)) names.push_back(column.name);
  }
  return names;
}

/// The columns of a statement that is not run; nothing where the server cannot prepare it.
std::optional<std::vector<SourceColumn>> described(const Connection& connection, const std::string& statement,
                                                   Context& context) {
  const Statement prepared(mysql_stmt_init(connection.handle()));
  invariant(prepared != nullptr, "the client library has memory");
  if (mysql_stmt_prepare(prepared.get(), statement.data(), statement.size()) != 0) {
    context.cancellation().check();
    const unsigned number = mysql_stmt_errno(prepared.get());
    if (number == ER_UNSUPPORTED_PS) return std::nullopt;
    throw server_error(number, mysql_stmt_error(prepared.get()), context.connection());
  }
  const Result metadata(mysql_stmt_result_metadata(prepared.get()));
  if (!metadata) return std::nullopt;
  return columns_of(metadata.get());
}

/// The statement of a step, and what is known of its columns beforehand.
class Source {
 public:
  Source(const Config& config, Connection& connection, Context& context) {
    if (const auto name = config.optional_text("table")) {
      table = parse_table_name(*name);
      read = plan_table_read(connection, *table, config.texts("columns"));
      statement = cat("SELECT ", read.select, " FROM ", read.from);
      if (const auto where = config.optional_text("where")) {
        statement += cat(" WHERE (", *where, "\n)");
        read = {"*", rows_of_query(statement), std::move(read.columns), {}};
      }
    } else {
      const std::string query = config.text("query");
      statement = query;
      read = {"*", rows_of_query(bare_statement(query, kDialect)), {}, {}};
    }
    if (const auto incremental = IncrementalOptions::of(config)) {
      statement = new_rows_statement(read.select, read.from, columns(config, connection, context),
                                     *incremental, context.window(), connection);
    }
  }

  std::string statement;
  std::optional<TableName> table;
  TableRead read;

 private:
  Schema columns(const Config& config, const Connection& connection, Context& context) const {
    auto columns = described(connection, statement, context);
    invariant(columns.has_value(), "the server can prepare every SELECT");
    add_declarations(*columns, read);
    Schema schema;
    for (const ColumnPlan& plan : plans_of(*columns, zero_dates_of(config))) schema.push_back(plan.type);
    return schema;
  }
};

Connection open_connection(const Config& config, Context& context) {
  const auto begin = std::chrono::steady_clock::now();
  Connection connection(context.connection(), context.cancellation());
  context.connection_opened(connection.server(), std::chrono::duration_cast<std::chrono::microseconds>(
                                                     std::chrono::steady_clock::now() - begin));
  std::optional<std::chrono::milliseconds> timeout;
  if (config.has("statement_timeout")) timeout = config.duration("statement_timeout");
  connection.begin_reading(timeout);
  return connection;
}

class RowExtractor : public Extractor {
 public:
  RowExtractor(const Config& config, Context& context)
      : context_(&context), connection_(open_connection(config, context)) {
    const Source source(config, connection_, context);
    if (source.read.estimated_rows && context.window().is_whole())
      context.expect_total({Total::Unit::kRows, *source.read.estimated_rows, true});
    connection_.send(source.statement);
    result_.reset(mysql_use_result(connection_.handle()));
    if (!result_) refuse_without_result();
    std::vector<SourceColumn> columns = columns_of(result_.get());
    add_declarations(columns, source.read);
    warn_of_rounding(columns);
    reader_.emplace(plans_of(columns, zero_dates_of(config)), zero_dates_of(config));
  }
  RowExtractor(const RowExtractor&) = delete;
  RowExtractor& operator=(const RowExtractor&) = delete;
  /// What is not read stays with the server: draining a large result would take minutes.
  ~RowExtractor() override {
    if (!is_at_end_) connection_.abandon();
  }

  const Schema& schema() const override { return reader_->schema(); }
  std::optional<Batch> next() override;

 private:
  bool fetch();
  [[noreturn]] void refuse_without_result() const;
  void warn_of_rounding(const std::vector<SourceColumn>& columns) const;

  Context* context_;
  Connection connection_;
  Result result_;
  std::optional<RowReader> reader_;
  MYSQL_ROW row_ = nullptr;  ///< fetched and not yet appended, for it did not fit the batch before
  std::span<const unsigned long> lengths_;
  std::size_t row_bytes_ = 0;
  bool is_at_end_ = false;
};

std::optional<Batch> RowExtractor::next() {
  context_->cancellation().check();
  BatchBuilder& builder = reader_->builder();
  std::uint64_t bytes = 0;
  while (row_ != nullptr || fetch()) {
    if (builder.is_full(row_bytes_)) break;
    reader_->append(row_, lengths_);
    bytes += row_bytes_;
    row_ = nullptr;
  }
  context_->count_bytes_read(bytes);
  if (builder.row_count() == 0) return std::nullopt;
  return builder.finish();
}

bool RowExtractor::fetch() {
  if (is_at_end_) return false;
  row_ = mysql_fetch_row(result_.get());
  if (row_ == nullptr) {
    if (mysql_errno(connection_.handle()) != 0) connection_.fail();
    is_at_end_ = true;
    reader_->report(*context_);
    return false;
  }
  lengths_ = {mysql_fetch_lengths(result_.get()), reader_->schema().size()};
  row_bytes_ = extent(row_, lengths_).size();
  return true;
}

void RowExtractor::refuse_without_result() const {
  if (mysql_errno(connection_.handle()) != 0) connection_.fail();
  throw Error(ErrorKind::kUser, "query.not_read_only", "the statement gives no rows",
              "an extractor wants one SELECT");
}

void RowExtractor::warn_of_rounding(const std::vector<SourceColumn>& columns) const {
  for (const std::string& name : rounded_names(columns)) {
    context_->warn("value.float_rounded",
                   cat("the server rounds FLOAT to six digits when it prints column '", name, "'"),
                   cat("read the table by 'table', or select CAST(", quoted_name(name), " AS DOUBLE)"));
  }
}

Preview preview(const Config& config, Context& context) {
  Connection connection = open_connection(config, context);
  const Source source(config, connection, context);
  Preview preview;
  if (source.table) {
    const auto rows = source.read.estimated_rows;
    preview.reads.push_back(
        cat("table ", config.text("table"), rows ? cat(" (about ", with_thousands(*rows), " rows)") : ""));
  } else {
    preview.reads.push_back(cat("query on ", context.connection().reference()));
  }
  auto columns = described(connection, source.statement, context);
  if (!columns) {
    preview.notes.push_back("the columns are known once the statement runs");
    return preview;
  }
  add_declarations(*columns, source.read);
  for (const std::string& name : rounded_names(*columns)) {
    preview.notes.push_back(cat("the server rounds FLOAT to six digits when it prints column '", name, "'"));
  }
  preview.schema.emplace();
  bool has_dates = false;
  for (const ColumnPlan& plan : plans_of(*columns, zero_dates_of(config))) {
    preview.schema->push_back(plan.type);
    has_dates = has_dates || plan.carry == Carry::kDate;
  }
  if (has_dates && zero_dates_of(config) == ZeroDates::kNull) {
    preview.notes.push_back("dates like 0000-00-00 become null (zero_dates: null)");
  }
  return preview;
}

}  // namespace

void describe_extractor(Component& component) { describe_row_extractor<RowExtractor>(component, preview); }

}  // namespace osiris::mysql
