#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "component/component.h"
#include "run/bounded_queue.h"
#include "run/step_run.h"
#include "table/column_ranges.h"

namespace osiris {

/// The rows that leave a step, counted and timed; ends after `row_limit` rows where there is one. An
/// error that comes out of the component names the step.
class MeteredStream : public Extractor {
 public:
  using Opener = std::function<std::unique_ptr<Extractor>()>;

  /// Opens the component. A connection that fails with a retryable error before the first row is opened
  /// again as often as the step's retry policy says. `is_source` says that the rows come from outside.
  MeteredStream(StepRun& step, Session& session, Opener open, bool is_source,
                std::optional<std::uint64_t> row_limit);

  const Schema& schema() const override { return inner_->schema(); }
  std::optional<Batch> next() override;
  /// Completes the step and tells its schema with null counts and ranges: at the end of the rows, or when
  /// nobody wants more of them. Later calls do nothing.
  void finish();

 private:
  std::unique_ptr<Extractor> open();
  std::optional<Batch> next_from_component();
  /// Waits before another attempt; throws the error when there is none left, or rows have left already.
  void before_retry(const Error& error);
  void count(const Batch& batch);
  void take_range();

  StepRun& step_;
  Session& session_;
  Opener opener_;
  bool is_source_;
  std::optional<std::uint64_t> row_limit_;
  std::uint64_t row_count_ = 0;
  bool is_done_ = false;
  std::vector<std::uint64_t> null_counts_;
  std::unique_ptr<Extractor> inner_;
  std::optional<ColumnRanges> ranges_;
  /// What was handed on last: its range is taken when its reader is done with it, and may have decoded it.
  std::optional<Batch> last_;
};

/// Counts the rows that one step takes from another, and takes the time that the step waits for them out
/// of its busy time.
class TakenStream : public Extractor {
 public:
  TakenStream(StepRun& taker, Extractor& source) : taker_(taker), source_(source) {}
  const Schema& schema() const override { return source_.schema(); }
  std::optional<Batch> next() override;

 private:
  StepRun& taker_;
  Extractor& source_;
};

/// One reader's end of a stream that several steps read.
class QueuedStream : public Extractor {
 public:
  QueuedStream(Schema schema, std::shared_ptr<BoundedQueue> queue, Cancellation& cancellation)
      : schema_(std::move(schema)),
        queue_(std::move(queue)),
        hook_(cancellation.on_cancel([this] { queue_->abandon(); })) {}
  QueuedStream(const QueuedStream&) = delete;
  QueuedStream& operator=(const QueuedStream&) = delete;
  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override { return queue_->pop(); }

 private:
  Schema schema_;
  std::shared_ptr<BoundedQueue> queue_;
  Cancellation::Hook hook_;
};

}  // namespace osiris
