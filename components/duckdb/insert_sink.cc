#include "duckdb/insert_sink.h"

#include "base/text.h"
#include "duckdb/connection.h"

namespace osiris::duckdb {

namespace {

/// A row group of the engine, and as many bytes as we keep for it.
constexpr std::size_t kMostBatches = 60;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

std::string insert_sql(const RowFeed& feed, const std::string& table, const TableMatch& match,
                       bool is_staged) {
  std::vector<std::string> names, values;
  for (const MatchedColumn& column : match.columns) {
    names.push_back(quoted_name(column.target.name));
    const bool is_cast = column.target.type_number != 0;
    const std::string value = cat("c", values.size());
    values.push_back(is_cast ? cat("CAST(", value, " AS ", column.target.declared, ")") : value);
  }
  if (is_staged) {
    names.emplace_back(kStagedRowColumn);
    values.emplace_back(kStagedRowColumn);
  }
  return cat("INSERT INTO ", table, " (", join(names, ", "), ") SELECT ", join(values, ", "), " FROM ",
             feed.table(), " WHERE _osiris_keep");
}

}  // namespace

InsertSink::InsertSink(RowFeed& feed, Context& context, const std::string& table, const TableMatch& match,
                       RowConverter converter, bool is_staged, RowPolicy& policy)
    : feed_(&feed),
      context_(&context),
      converter_(std::move(converter)),
      policy_(&policy),
      statement_(insert_sql(feed, table, match, is_staged)) {}

void InsertSink::write(const Batch& batch, std::size_t begin, std::size_t end) {
  gathered_.push_back(converter_.convert(batch, begin, end, *policy_));
  gathered_bytes_ += batch.byte_count();
  context_->count_bytes_written(batch.byte_count() * (end - begin) / batch.row_count());
  if (gathered_.size() >= kMostBatches || gathered_bytes_ >= kMostBytes) insert();
}

std::uint64_t InsertSink::finish() {
  insert();
  return inserted_;
}

void InsertSink::insert() {
  if (gathered_.empty()) return;
  inserted_ += feed_->run(statement_, std::exchange(gathered_, {}));
  gathered_bytes_ = 0;
}

}  // namespace osiris::duckdb
