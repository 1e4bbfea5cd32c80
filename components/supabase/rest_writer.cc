#include "supabase/rest_writer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "supabase/rest_lane.h"
#include "supabase/rest_road.h"
#include "table/values.h"

namespace osiris::supabase {

namespace {

/// A request's body is sent at this size, whatever the number of its rows.
constexpr std::size_t kBodyBytes = std::size_t{2} << 20;

/// A piece that grows, and the keys that it has: one request of an upsert may change a row once.
struct OpenPiece {
  Piece piece;
  std::set<std::string, std::less<>> keys;
};

/// Whether the server may have done what it was asked for, for all that is known.
bool may_have_counted(const Error& error) {
  constexpr std::array<std::string_view, 3> kUnknown = {"connection.lost", "connection.timeout",
                                                        "supabase.strange_answer"};
  return std::ranges::find(kUnknown, error.code()) != kUnknown.end();
}

class RestWriter : public Writer {
 public:
  RestWriter(RestLoad load, const Schema& schema, Context& context)
      : load_(std::move(load)),
        schema_(schema),
        context_(&context),
        columns_(schema, load_.match),
        road_(open_road()),
        client_(context.connection(), requests_),
        most_rows_(load_.batch_rows),
        hook_(context.cancellation().on_cancel([this] { requests_.cancel(); })) {
    for (std::uint64_t lane = 0; lane < load_.parallel_requests; ++lane) {
      auto client = std::make_shared<RestClient>(context.connection(), requests_);
      lanes_.push_back(std::make_unique<Lane<Piece>>(
          [this, client](Piece& piece) { send(*client, piece, 0, piece.rows.size()); }));
    }
    open_.resize(lanes_.size());
  }

  void write(const Batch& batch) override;
  LoadResult commit(const LoadRecord& record) override;
  void abort(std::chrono::steady_clock::time_point deadline) noexcept override;

 private:
  bool is_upsert() const { return load_.options.mode == WriteMode::kUpsert; }
  bool leaves_out() const { return load_.options.on_bad_row != OnBadRow::kFail; }

  std::unique_ptr<RestRoad> open_road();
  void begin();
  void append(const Batch& batch, std::size_t row);
  std::string key_of(const Batch& batch, std::size_t row) const;
  std::size_t lane_of(const std::string& key) const;
  void flush(std::size_t lane);
  void send(RestClient& client, const Piece& piece, std::size_t begin, std::size_t end);
  void leave_out(RefusedObject row);
  void report_left_out();
  /// What a load that fails leaves in the table; empty where it leaves it as it was.
  std::string left_behind() const;
  /// What failed, and what stays all the same.
  [[noreturn]] void fail(const Error& error);

  RestLoad load_;
  Schema schema_;
  Context* context_;
  RestColumns columns_;
  std::unique_ptr<RestRoad> road_;
  Cancellation requests_;  ///< what is on its way ends with an abort
  RestClient client_;
  bool is_begun_ = false, is_cleared_ = false;
  std::uint64_t row_count_ = 0;
  std::size_t next_lane_ = 0;
  std::vector<OpenPiece> open_;                    ///< of each lane, until it is large enough
  std::atomic<std::uint64_t> unanswered_rows_{0};  ///< sent, and nobody has said what became of them
  std::atomic<std::uint64_t> most_rows_;  ///< of a request; less where the server could not take so many
  std::mutex mutex_;
  std::vector<RefusedObject> left_out_;
  std::uint64_t left_out_count_ = 0;
  Cancellation::Hook hook_;
  std::vector<std::unique_ptr<Lane<Piece>>> lanes_;  ///< gone before what their threads use
};

std::unique_ptr<RestRoad> RestWriter::open_road() {
  if (!load_.has_function) return open_table_road(load_, columns_.names());
  return open_function_road(load_, columns_.names(), context_->load_id(), context_->connection());
}

void RestWriter::begin() {
  if (std::exchange(is_begun_, true)) return;
  const LoadId& id = context_->load_id();
  const bool has_ledger = load_.has_function && load_.options.has_ledger;
  context_->load_started({load_.table.name, std::string(to_string(load_.options.mode)),
                          std::string(load_.road()), has_ledger ? cat(id.session, "/", id.step, "/1") : "",
                          load_.makes_table});
  road_->begin(client_);
  is_cleared_ = road_->clears_first();
}

void RestWriter::write(const Batch& batch) {
  try {
    begin();
    for (std::size_t row = 0; row < batch.row_count(); ++row) append(batch, row);
  } catch (const Error& error) {
    fail(error);
  }
  report_left_out();
}

std::string RestWriter::key_of(const Batch& batch, std::size_t row) const {
  std::string key;
  for (const MatchedColumn& matched : load_.match.columns) {
    if (std::ranges::find(load_.options.primary_key, matched.target.name) == load_.options.primary_key.end())
      continue;
    const ColumnView values = batch.column(matched.source);
    if (!values.is_valid(row)) {
      throw Error(ErrorKind::kData, "load.null_key",
                  cat("a null in the key column '", matched.target.name, "'"),
                  "leave such rows out in the source");
    }
    append_value_text(key, values, row, schema_[matched.source]);
    key += '\0';
  }
  return key;
}

/// Where requests count at once, rows of the same key share a lane, so that the last one counts.
std::size_t RestWriter::lane_of(const std::string& key) const {
  const bool is_any = key.empty() || !road_->is_immediate();
  return is_any ? next_lane_ : std::hash<std::string>()(key) % lanes_.size();
}

void RestWriter::append(const Batch& batch, std::size_t row) {
  const std::uint64_t load_row = row_count_++;
  std::size_t lane = next_lane_;
  try {
    const std::string key = is_upsert() ? key_of(batch, row) : "";
    lane = lane_of(key);
    if (is_upsert() && !open_[lane].keys.insert(key).second) {
      flush(lane);
      lane = lane_of(key);
      open_[lane].keys.insert(key);
    }
    open_[lane].piece.body.append(columns_, batch, row);
  } catch (const Error& error) {
    if (!leaves_out() || error.kind() != ErrorKind::kData) throw;
    leave_out({load_row, "", error});
    // The rows of a piece are neighbours where the server counts them.
    return flush(lane);
  }
  Piece& piece = open_[lane].piece;
  piece.rows.push_back(load_row);
  if (piece.rows.size() >= most_rows_ || piece.body.byte_count() >= kBodyBytes) flush(lane);
}

void RestWriter::flush(std::size_t lane) {
  OpenPiece full = std::exchange(open_[lane], {});
  if (full.piece.rows.empty()) return;
  context_->count_bytes_written(full.piece.body.byte_count());
  lanes_[lane]->put(std::move(full.piece));
  next_lane_ = (next_lane_ + 1) % lanes_.size();
}

void RestWriter::send(RestClient& client, const Piece& piece, std::size_t begin, std::size_t end) {
  try {
    road_->post(client, piece, begin, end);
  } catch (const Error& error) {
    // Rows that the table dropped by itself are missed once the others are there: nothing to try again.
    const bool is_bad_row = road_->is_immediate() && error.kind() == ErrorKind::kData && leaves_out() &&
                            error.code() != "load.rows_missing";
    // A request that is too large, or took too long, was undone as a whole.
    const bool is_too_much = error.code() == "http.too_large" || error.code() == "query.timeout";
    if (road_->is_immediate() && may_have_counted(error)) unanswered_rows_ += end - begin;
    if (is_too_much) most_rows_ = std::max<std::uint64_t>((end - begin) / 2, 1);
    if (end - begin > 1 && (is_bad_row || is_too_much)) {
      const std::size_t middle = begin + (end - begin) / 2;
      send(client, piece, begin, middle);
      return send(client, piece, middle, end);
    }
    if (!is_bad_row) throw;
    leave_out({piece.rows[begin], std::string(piece.body.object(begin)), error});
  }
}

void RestWriter::leave_out(RefusedObject row) {
  const std::lock_guard lock(mutex_);
  ++left_out_count_;
  const std::uint64_t most = load_.options.max_bad_rows;
  if (most > 0 && left_out_count_ > most) {
    throw Error(ErrorKind::kData, "load.too_many_bad_rows",
                cat(counted(left_out_count_, "row"), " were refused; the last one: ", row.reason.message()),
                "correct them at their source, or raise max_bad_rows");
  }
  left_out_.push_back(std::move(row));
}

void RestWriter::report_left_out() {
  std::vector<RefusedObject> rows;
  {
    const std::lock_guard lock(mutex_);
    rows.swap(left_out_);
  }
  for (const RefusedObject& row : rows) {
    if (load_.options.on_bad_row == OnBadRow::kQuarantine) {
      context_->quarantine({row.reason.code(), "", row.reason.message(), {{"row", row.row + 1}}, row.object});
    } else {
      context_->count_skipped_rows(1);
    }
  }
}

LoadResult RestWriter::commit(const LoadRecord& record) {
  try {
    begin();
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) flush(lane);
    for (const auto& lane : lanes_) lane->finish();
    RestResult result = road_->finish(client_, record.row_count);
    for (RefusedObject& row : result.refused) leave_out(std::move(row));
    report_left_out();
    return result.result;
  } catch (const Error& error) {
    fail(error);
  }
}

void RestWriter::abort(std::chrono::steady_clock::time_point deadline) noexcept {
  requests_.cancel();
  if (!is_begun_) return;
  for (const auto& lane : lanes_) lane->stop();
  try {
    Cancellation never;
    RestClient client(context_->connection(), never, deadline);
    road_->abandon(client);
  } catch (const Error&) {
    return;  // what is left behind, the next load removes
  }
}

std::string RestWriter::left_behind() const {
  std::vector<std::string> parts;
  if (is_cleared_) parts.emplace_back("the table's old rows are removed");
  if (const std::uint64_t stays = road_->committed_rows(); stays > 0) {
    parts.push_back(
        cat(counted(stays, "row"), " sent before ", stays == 1 ? "stays" : "stay", " in the table"));
  }
  if (const std::uint64_t open = unanswered_rows_.load(); open > 0)
    parts.push_back(cat(counted(open, "row"), " sent without an answer may be there or not"));
  return join(parts, ", ");
}

void RestWriter::fail(const Error& error) {
  // A request that is under way may still be committed.
  for (const auto& lane : lanes_) lane->stop();
  const std::string left = left_behind();
  const bool may_double = load_.options.mode == WriteMode::kAppend && road_->is_immediate();
  if (left.empty() || error.code() == "run.cancelled")
    throw Error(error).retryable(error.is_retryable() && !may_double);
  const std::string message = cat(error.message(), "; ", left);
  if (!may_double) {
    throw Error(error.kind(), error.code(), message, error.hint()).retryable(error.is_retryable());
  }
  // To run again, as a broken connection advises, would add the same rows once more.
  const std::string advice =
      cat("remove the rows of this load before it runs again; `osiris supabase install ",
          context_->connection().reference(), "` or a pg_dsn makes a load one transaction");
  throw Error(error.kind(), error.code(), message,
              error.kind() == ErrorKind::kConnection ? advice : cat(error.hint(), "; ", advice));
}

}  // namespace

std::unique_ptr<Writer> open_rest_writer(RestLoad load, const Schema& schema, Context& context) {
  return std::make_unique<RestWriter>(std::move(load), schema, context);
}

}  // namespace osiris::supabase
