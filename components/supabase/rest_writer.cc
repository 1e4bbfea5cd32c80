#include "supabase/rest_writer.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "format/csv.h"
#include "supabase/rest_body.h"
#include "supabase/rest_lane.h"
#include "table/values.h"

namespace osiris::supabase {

namespace {

/// A request's body is sent at this size, whatever the number of its rows.
constexpr std::size_t kBodyBytes = std::size_t{2} << 20;

/// Rows of one request, with their places in the load.
struct Piece {
  RestBody body;
  std::vector<std::uint64_t> rows;
  std::set<std::string, std::less<>> keys;  ///< of an upsert: a request may change a row once
};

/// A row that was left out, until the step's own thread reports it.
struct LeftOut {
  std::uint64_t row;
  std::string object;
  Error reason;
};

void refuse_without_database(const ConnectionConfig& project, const std::string& what) {
  throw Error(ErrorKind::kUser, "supabase.needs_database", cat(what, " is not possible over REST"),
              cat("give ", project.reference(), " a pg_dsn or db_password"));
}

class RestWriter : public Writer {
 public:
  RestWriter(RestLoad load, const Schema& schema, Context& context)
      : load_(std::move(load)),
        schema_(schema),
        context_(&context),
        client_(context.connection(), requests_),
        hook_(context.cancellation().on_cancel([this] { requests_.cancel(); })) {
    for (const std::string& target : load_.targets) targets_.push_back(load_.table.find(target));
    for (std::uint64_t lane = 0; lane < load_.parallel_requests; ++lane) {
      auto client = std::make_shared<RestClient>(context.connection(), requests_);
      lanes_.push_back(std::make_unique<Lane<Piece>>(
          [this, client](Piece& piece) { send(*client, piece, 0, piece.rows.size()); }));
    }
    pieces_.resize(lanes_.size());
    context.load_started({load_.table.name, load_.mode, "rest", "", false});
  }

  void write(const Batch& batch) override;
  LoadResult commit(const LoadRecord&) override;
  void abort(std::chrono::steady_clock::time_point) noexcept override { requests_.cancel(); }

 private:
  void begin();
  void append(const Batch& batch, std::size_t row);
  std::size_t lane_of(const std::string& key) const;
  std::string key_of(const Batch& batch, std::size_t row) const;
  void flush(std::size_t lane);
  void send(RestClient& client, Piece& piece, std::size_t begin, std::size_t end);
  void leave_out(LeftOut row);
  void report_left_out();
  /// What failed, and what stays all the same.
  [[noreturn]] void fail(const Error& error) const;

  RestLoad load_;
  Schema schema_;
  Context* context_;
  std::vector<const RestTable::Column*> targets_;
  Cancellation requests_;  ///< what is on its way ends with an abort
  RestClient client_;
  bool is_begun_ = false;
  std::uint64_t row_count_ = 0;
  std::size_t next_lane_ = 0;
  std::vector<Piece> pieces_;  ///< of each lane, until it is large enough
  std::atomic<std::uint64_t> acknowledged_{0};
  std::mutex mutex_;
  std::vector<LeftOut> left_out_;
  std::uint64_t left_out_count_ = 0;
  Cancellation::Hook hook_;
  std::vector<std::unique_ptr<Lane<Piece>>> lanes_;  ///< gone before what their threads use
};

void RestWriter::begin() {
  if (std::exchange(is_begun_, true) || !load_.removes_rows()) return;
  // A DELETE of all rows wants a condition that says so.
  const std::string column = column_word(load_.table.columns.front().type.name);
  client_.send({"DELETE",
                cat(url_encoded(load_.table.name), "?or=(", column, ".is.null,", column, ".not.is.null)"),
                {{"Prefer", "return=minimal"}}});
}

void RestWriter::write(const Batch& batch) {
  begin();
  try {
    for (std::size_t row = 0; row < batch.row_count(); ++row) append(batch, row);
  } catch (const Error& error) {
    fail(error);
  }
  report_left_out();
}

std::string RestWriter::key_of(const Batch& batch, std::size_t row) const {
  std::string key;
  for (const std::string& name : load_.primary_key) {
    const auto at = std::ranges::find(load_.targets, name);
    const std::size_t column = load_.sources[static_cast<std::size_t>(at - load_.targets.begin())];
    if (batch.column(column).is_valid(row))
      append_value_text(key, batch.column(column), row, schema_[column]);
    key += '\0';
  }
  return key;
}

/// Rows of the same key share a lane, so that the last one counts.
std::size_t RestWriter::lane_of(const std::string& key) const {
  return key.empty() ? next_lane_ : std::hash<std::string>()(key) % lanes_.size();
}

void RestWriter::append(const Batch& batch, std::size_t row) {
  const std::uint64_t load_row = row_count_++;
  const std::string key = load_.is_upsert() ? key_of(batch, row) : "";
  const std::size_t lane = lane_of(key);
  Piece& piece = pieces_[lane];
  if (load_.is_upsert() && !piece.keys.insert(key).second) {
    flush(lane);
    piece.keys.insert(key);
  }
  try {
    piece.body.append(batch, row, schema_, load_.sources, targets_);
  } catch (const Error& error) {
    if (load_.on_bad_row == "fail" || error.kind() != ErrorKind::kData) throw;
    return leave_out({load_row, "", error});
  }
  piece.rows.push_back(load_row);
  if (piece.rows.size() >= load_.batch_rows || piece.body.byte_count() >= kBodyBytes) flush(lane);
}

void RestWriter::flush(std::size_t lane) {
  Piece piece = std::exchange(pieces_[lane], {});
  if (piece.rows.empty()) return;
  context_->count_bytes_written(piece.body.byte_count());
  lanes_[lane]->put(std::move(piece));
  next_lane_ = (next_lane_ + 1) % lanes_.size();
}

void RestWriter::send(RestClient& client, Piece& piece, std::size_t begin, std::size_t end) {
  std::vector<std::string> columns;
  for (const std::string& target : load_.targets) columns.push_back(column_word(target));
  std::string path = cat(url_encoded(load_.table.name), "?columns=", join(columns, ","));
  std::string preference = "return=minimal";
  if (load_.is_upsert()) {
    std::vector<std::string> key;
    for (const std::string& name : load_.primary_key) key.push_back(column_word(name));
    path += cat("&on_conflict=", join(key, ","));
    preference += ", resolution=merge-duplicates";
  }
  try {
    const std::string body = piece.body.array(begin, end);
    client.send({"POST",
                 path,
                 {{"Content-Type", "application/json"}, {"Prefer", preference}},
                 body,
                 load_.is_upsert()});
    acknowledged_ += end - begin;
  } catch (const Error& error) {
    const bool is_bad_row = error.kind() == ErrorKind::kData && load_.on_bad_row != "fail";
    // A request that is too large, or took too long, was undone as a whole.
    const bool is_too_much = error.code() == "value.too_long" || error.code() == "query.interrupted";
    if (end - begin > 1 && (is_bad_row || is_too_much)) {
      const std::size_t middle = begin + (end - begin) / 2;
      send(client, piece, begin, middle);
      return send(client, piece, middle, end);
    }
    if (!is_bad_row) throw;
    leave_out({piece.rows[begin], std::string(piece.body.object(begin)), error});
  }
}

void RestWriter::leave_out(LeftOut row) {
  const std::lock_guard lock(mutex_);
  ++left_out_count_;
  if (load_.max_bad_rows > 0 && left_out_count_ > load_.max_bad_rows) {
    throw Error(ErrorKind::kData, "load.too_many_bad_rows",
                cat(counted(left_out_count_, "row"), " were refused; the last one: ", row.reason.message()),
                "correct them at their source, or raise max_bad_rows");
  }
  left_out_.push_back(std::move(row));
}

void RestWriter::report_left_out() {
  std::vector<LeftOut> rows;
  {
    const std::lock_guard lock(mutex_);
    rows.swap(left_out_);
  }
  for (const LeftOut& row : rows) {
    if (load_.on_bad_row == "quarantine") {
      context_->quarantine({row.reason.code(), "", row.reason.message(), {{"row", row.row + 1}}, row.object});
    } else {
      context_->count_skipped_rows(1);
    }
  }
}

LoadResult RestWriter::commit(const LoadRecord&) {
  begin();
  try {
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) flush(lane);
    for (const auto& lane : lanes_) lane->finish();
  } catch (const Error& error) {
    fail(error);
  }
  report_left_out();
  return {acknowledged_.load(), {}};
}

void RestWriter::fail(const Error& error) const {
  const std::uint64_t stays = acknowledged_.load();
  if (stays == 0 || error.code() == "run.cancelled") throw Error(error);
  throw Error(error.kind(), error.code(),
              cat(error.message(), "; ", counted(stays, "row"), " sent before ",
                  stays == 1 ? "stays" : "stay", " in the table"),
              error.hint())
      .retryable(error.is_retryable() && load_.mode != "append");
}

void check_roads(const Config& config, const ConnectionConfig& project) {
  if (config.text("schema_policy") == "add_columns")
    refuse_without_database(project, "schema_policy: add_columns");
  if (config.text("delete_missing") != "off") refuse_without_database(project, "delete_missing");
  for (const char* key : {"pre_sql", "post_sql", "chunk_rows"}) {
    if (config.has(key)) refuse_without_database(project, key);
  }
}

}  // namespace

RestLoad plan_load(const Config& config, const Schema& schema, const ConnectionConfig& project,
                   RestClient& client) {
  check_roads(config, project);
  RestLoad load;
  load.table = describe_table(client, config.text("table"));
  load.mode = config.text("write_mode");
  load.primary_key = config.texts("primary_key");
  load.on_bad_row = config.text("on_bad_row");
  if (config.has("max_bad_rows"))
    load.max_bad_rows = static_cast<std::uint64_t>(config.integer("max_bad_rows"));
  load.batch_rows = static_cast<std::uint64_t>(config.integer("batch_rows"));
  load.parallel_requests = static_cast<std::uint64_t>(config.integer("parallel_requests"));
  const std::vector<std::string> names = load.table.column_names();
  for (std::size_t source = 0; source < schema.size(); ++source) {
    const std::string& name = schema[source].name;
    if (load.table.find(name) != nullptr) {
      load.sources.push_back(source);
      load.targets.push_back(name);
    } else if (config.text("schema_policy") != "ignore_extra") {
      throw Error(ErrorKind::kUser, "load.unknown_column",
                  cat("the table '", load.table.name, "' has no column '", name, "'"),
                  suggestion(name, names));
    }
  }
  for (const RestTable::Column& column : load.table.columns) {
    if (!column.is_required || std::ranges::find(load.targets, column.type.name) != load.targets.end())
      continue;
    throw Error(
        ErrorKind::kUser, "load.required_column",
        cat("the rows lack the column '", column.type.name, "', which '", load.table.name, "' requires"),
        "select it, or give it a default");
  }
  for (const std::string& name : load.primary_key) {
    if (std::ranges::find(load.targets, name) != load.targets.end()) continue;
    throw Error(ErrorKind::kUser, "load.unknown_option_column",
                cat("primary_key names a column that the rows do not have: '", name, "'"),
                suggestion(name, load.targets));
  }
  return load;
}

std::unique_ptr<Writer> open_rest_writer(RestLoad load, const Schema& schema, Context& context) {
  return std::make_unique<RestWriter>(std::move(load), schema, context);
}

}  // namespace osiris::supabase
