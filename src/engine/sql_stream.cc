#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/input_scan.h"
#include "engine/lineage.h"
#include "engine/result_chunk.h"
#include "engine/session.h"
#include "engine/types.h"

namespace osiris {

namespace {

constexpr const char* kScanPrefix = "osiris_scan_";
constexpr const char* kResultView = "osiris_result";

/// The step's name as a part of a SQL name, as `df_<id>` has it.
std::string sql_word(const std::string& name) {
  std::string word;
  for (const char c : name) {
    const bool is_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    word += is_word ? c : '_';
  }
  if (!word.empty() && word[0] >= '0' && word[0] <= '9') word.insert(0, "_");
  return word;
}

/// The names under which a query may read each input, in the order of the inputs.
std::vector<std::vector<std::string>> view_names(const std::vector<SqlInput>& inputs) {
  std::vector<std::vector<std::string>> names(inputs.size());
  std::set<std::string> taken;
  const auto give = [&](std::size_t index, const std::string& name) {
    if (!taken.insert(to_lower(name)).second) return false;
    names[index].push_back(name);
    return true;
  };
  for (std::size_t index = 0; index < inputs.size(); ++index) give(index, inputs[index].name);
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    const std::string name = "df_" + sql_word(inputs[index].name);
    if (!give(index, name))
      give(index,
           cat(name, "_", fingerprint(inputs[index].name).substr(std::string_view("sha256:").size(), 8)));
  }
  if (inputs.size() == 1) give(0, "input_df");
  return names;
}

}  // namespace

/// A query on its way: checked, then started by the first call of next(), then fetched.
class SqlStream::Query {
 public:
  Query(const std::string& sql, std::vector<SqlInput> inputs, const SqlOptions& options);

  const Schema& schema() const { return schema_; }
  std::optional<Batch> next();

 private:
  void create_views(const std::string& source, const std::vector<std::string>& names);
  void describe(const Prepared& statement);
  void cast_what_we_cannot_hold(const std::vector<ResultColumn>& columns);
  ColumnType kept_or(ColumnType computed, const Origins& origins) const;
  const ColumnType* column_at(const Origin& origin) const;
  void spool_inputs_read_twice();
  void start();
  void fetch();

  // The engine's objects refer to what stands above them and are destroyed first.
  Cancellation* cancellation_;
  Failure failure_;
  std::vector<std::unique_ptr<InputScan>> scans_;
  std::vector<std::vector<std::string>> names_;
  EngineSession session_;
  std::string sql_;
  Schema schema_;
  ResultChunk::Layout layout_;
  Result result_;
  Cancellation::Hook interrupt_;
  std::optional<ResultChunk> chunk_;
  enum class State { kChecked, kRunning, kEnded } state_ = State::kChecked;
};

SqlStream::Query::Query(const std::string& sql, std::vector<SqlInput> inputs, const SqlOptions& options)
    : cancellation_(options.cancellation),
      names_(view_names(inputs)),
      session_(options, failure_),
      sql_(sql) {
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    scans_.push_back(std::make_unique<InputScan>(cat(kScanPrefix, index), std::move(inputs[index]), failure_,
                                                 cancellation_));
    scans_.back()->register_in(session_.connection());
    create_views(scans_.back()->function() + "()", names_[index]);
  }
  session_.lock_settings();
  describe(session_.prepare_select(sql_));
  if (cancellation_ == nullptr) return;
  interrupt_ = cancellation_->on_cancel([this] { session_.interrupt(); });
}

void SqlStream::Query::create_views(const std::string& source, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    session_.run(cat("CREATE OR REPLACE VIEW ", quoted_name(name), " AS FROM ", source));
  }
}

void SqlStream::Query::describe(const Prepared& statement) {
  const Api& api = engine_api();
  std::vector<ResultColumn> columns;
  const idx_t count = api.prepared_statement_column_count(statement.get());
  for (idx_t index = 0; index < count; ++index) {
    const Type type(api.prepared_statement_column_logical_type(statement.get(), index));
    columns.push_back(
        result_column(take_text(api.prepared_statement_column_name(statement.get(), index)), type.get()));
  }
  auto origins = trace_columns(session_.plan(sql_, false));
  origins.resize(columns.size());
  for (std::size_t index = 0; index < columns.size(); ++index) {
    schema_.push_back(kept_or(columns[index].column, origins[index]));
  }
  layout_ = layout_of(schema_);
  cast_what_we_cannot_hold(columns);
}

const ColumnType* SqlStream::Query::column_at(const Origin& origin) const {
  for (const auto& scan : scans_) {
    if (scan->function() != origin.function || origin.column >= scan->schema().size()) continue;
    return &scan->schema()[origin.column];
  }
  return nullptr;
}

/// The type of the column that was read, under the query's name for it; an outer join may add nulls.
ColumnType SqlStream::Query::kept_or(ColumnType computed, const Origins& origins) const {
  std::optional<ColumnType> kept;
  for (const Origin& origin : origins) {
    const ColumnType* const read = column_at(origin);
    if (read == nullptr) return computed;
    ColumnType column = *read;
    column.name = computed.name;
    column.encoding =
        is_carried_as_text(column.type) && !is_string(column.type) ? Encoding::kText : Encoding::kNative;
    column.nullable = true;
    const bool agrees = !kept || (kept->type == column.type && kept->source_type == column.source_type &&
                                  kept->style == column.style);
    if (!agrees) return computed;
    kept = std::move(column);
  }
  return kept.value_or(std::move(computed));
}

void SqlStream::Query::cast_what_we_cannot_hold(const std::vector<ResultColumn>& columns) {
  std::vector<std::string> names, values;
  bool needs_cast = false;
  for (const ResultColumn& column : columns) {
    const std::string name = cat("c", names.size());
    values.push_back(column.cast == nullptr ? name : cat("CAST(", name, " AS ", column.cast, ") AS ", name));
    names.push_back(name);
    needs_cast = needs_cast || column.cast != nullptr;
  }
  if (!needs_cast) return;
  session_.run(cat("CREATE TEMP VIEW ", kResultView, " AS ", sql_));
  sql_ = cat("SELECT ", join(values, ", "), " FROM ", kResultView, " AS result(", join(names, ", "), ")");
}

/// A stream comes once. An input that the plan reads more than once, or may read more than once as far as
/// we can tell, goes into a temporary table first.
void SqlStream::Query::spool_inputs_read_twice() {
  const Json plan = session_.plan(sql_, true);
  auto counts = count_scans(plan);
  for (std::size_t index = 0; index < scans_.size(); ++index) {
    const std::string& function = scans_[index]->function();
    if (!plan.is_null() && counts[function] <= 1) continue;
    const std::string table = cat("osiris_spool_", index);
    session_.run(cat("CREATE TEMP TABLE ", table, " AS FROM ", function, "()"));
    create_views(table, names_[index]);
  }
}

void SqlStream::Query::start() {
  spool_inputs_read_twice();
  result_ = session_.start(session_.prepare_select(sql_));
  state_ = State::kRunning;
}

void SqlStream::Query::fetch() {
  Chunk chunk = session_.fetch(result_);
  if (chunk.get() != nullptr) {
    chunk_.emplace(std::move(chunk), layout_);
    return;
  }
  state_ = State::kEnded;
  result_ = Result();
}

std::optional<Batch> SqlStream::Query::next() {
  if (cancellation_ != nullptr) cancellation_->check();
  if (state_ == State::kChecked) start();
  while (state_ == State::kRunning) {
    if (chunk_) {
      if (auto batch = chunk_->next()) return batch;
      chunk_.reset();
    }
    fetch();
  }
  return std::nullopt;
}

SqlStream::SqlStream(const std::string& sql, std::vector<SqlInput> inputs, const SqlOptions& options)
    : query_(std::make_unique<Query>(sql, std::move(inputs), options)) {}
SqlStream::SqlStream(SqlStream&&) noexcept = default;
SqlStream& SqlStream::operator=(SqlStream&&) noexcept = default;
SqlStream::~SqlStream() = default;

const Schema& SqlStream::schema() const { return query_->schema(); }
std::optional<Batch> SqlStream::next() { return query_->next(); }

}  // namespace osiris
