#include "run/streams.h"

#include "base/clock.h"
#include "base/text.h"

namespace osiris {

namespace {

bool same_columns(const Schema& a, const Schema& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const ColumnType& left, const ColumnType& right) {
        return left.name == right.name && left.type == right.type && left.encoding == right.encoding;
      });
}

}  // namespace

MeteredStream::MeteredStream(StepRun& step, Session& session, Opener open_component, bool is_source,
                             std::optional<std::uint64_t> row_limit)
    : step_(step),
      session_(session),
      opener_(std::move(open_component)),
      is_source_(is_source),
      row_limit_(row_limit) {
  inner_ = open();
  null_counts_.resize(inner_->schema().size());
  if (step_.tells_ranges()) ranges_.emplace(inner_->schema());
}

std::unique_ptr<Extractor> MeteredStream::open() {
  const BusyTime busy(step_);
  for (;;) {
    try {
      return inside_step(step_, opener_);
    } catch (const Error& error) {
      before_retry(error);
    }
  }
}

void MeteredStream::before_retry(const Error& error) {
  if (!is_source_ || row_count_ > 0) throw;
  const auto delay = step_.next_attempt(error);
  if (!delay) throw;
  if (!wait_for(*delay, step_.cancellation())) step_.cancellation().check();
}

std::optional<Batch> MeteredStream::next_from_component() {
  for (;;) {
    try {
      const BusyTime busy(step_);
      return inside_step(step_, [&] {
        auto batch = inner_->next();
        if (!batch && is_source_) step_.set_reached_mark(inner_->mark());
        return batch;
      });
    } catch (const Error& error) {
      before_retry(error);
    }
    const Schema before = inner_->schema();
    inner_.reset();
    inner_ = open();
    if (!same_columns(before, inner_->schema())) {
      throw Error(ErrorKind::kData, "step.schema_changed", "the columns changed between two attempts");
    }
  }
}

std::optional<Batch> MeteredStream::next() {
  if (is_done_) return std::nullopt;
  take_range();
  step_.cancellation().check();
  std::optional<Batch> batch;
  if (!row_limit_ || row_count_ < *row_limit_) batch = next_from_component();
  if (batch && row_limit_ && row_count_ + batch->row_count() > *row_limit_) {
    batch = batch->head(static_cast<std::size_t>(*row_limit_ - row_count_));
  }
  if (batch) {
    count(*batch);
    if (ranges_) last_ = batch;
  } else {
    finish();
  }
  return batch;
}

void MeteredStream::take_range() {
  if (!last_) return;
  const BusyTime busy(step_);
  ranges_->add(*last_);
  last_.reset();
}

void MeteredStream::count(const Batch& batch) {
  row_count_ += batch.row_count();
  StepCounters& counters = step_.counters();
  counters.rows_written += batch.row_count();
  if (is_source_) counters.rows_read += batch.row_count();
  counters.hold(batch.byte_count());
  for (std::size_t column = 0; column < null_counts_.size(); ++column) {
    null_counts_[column] += batch.null_count(column);
  }
}

void MeteredStream::finish() {
  // A step that is read again, for its reader failed, has told all this before.
  if (std::exchange(is_done_, true) || step_.status() != SessionStatus::kRunning) return;
  take_range();
  step_.counters().hold(0);
  StepSchema event;
  event.step_id = step_.step().id;
  for (std::size_t column = 0; column < null_counts_.size(); ++column) {
    const ColumnType& type = inner_->schema()[column];
    const ColumnRanges::Range range = ranges_ ? ranges_->range(column) : ColumnRanges::Range{};
    event.columns.push_back({type.name, to_string(type.type), type.source_type, null_counts_[column],
                             range.least, range.greatest});
  }
  session_.emit(event);
  step_.complete();
}

std::optional<Batch> TakenStream::next() {
  const std::int64_t begin_us = steady_us();
  std::optional<Batch> batch = source_.next();
  taker_.counters().busy_us -= steady_us() - begin_us;
  if (batch) taker_.counters().rows_read += batch->row_count();
  return batch;
}

}  // namespace osiris
