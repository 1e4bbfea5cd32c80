#include "run/chain.h"

#include "base/text.h"

namespace osiris {

namespace {

/// How long a writer may take to undo a load that will not be committed.
constexpr std::chrono::milliseconds kAbortTime{700};

/// Aborts a writer unless it was committed, whatever way the chain is left.
class AbortUnlessCommitted {
 public:
  explicit AbortUnlessCommitted(Writer& writer) : writer_(writer) {}
  AbortUnlessCommitted(const AbortUnlessCommitted&) = delete;
  AbortUnlessCommitted& operator=(const AbortUnlessCommitted&) = delete;
  ~AbortUnlessCommitted() {
    if (!is_committed_) writer_.abort(std::chrono::steady_clock::now() + kAbortTime);
  }
  void committed() { is_committed_ = true; }

 private:
  Writer& writer_;
  bool is_committed_ = false;
};

}  // namespace

Chain::Chain(GraphNode& last, Session& session, std::optional<std::uint64_t> row_limit)
    : last_(last), session_(session), row_limit_(row_limit) {
  collect(last);
}

void Chain::collect(GraphNode& node) {
  for (const auto& input : node.inputs) {
    if (!input.from->shared) collect(*input.from);
  }
  nodes_.push_back(&node);
  node.run->follow(cancellation_);
}

std::optional<Error> Chain::run() {
  std::optional<Error> own_failure;
  std::exception_ptr failure;
  try {
    drive();
  } catch (...) {
    failure = std::current_exception();
    Error error = as_error(failure);
    // What no component threw, the chain's last step answers for.
    if (error.step().empty()) error.set_step(last_.id());
    const bool is_cancelled = error.code() == "run.cancelled" || cancellation_.is_cancelled();
    for (GraphNode* node : nodes_) {
      if (node->id() != error.step() || is_cancelled) continue;
      if (error.location().empty()) error.set_location(Location::parse(node->run->step().location));
      node->run->fail(error);
      own_failure = error;
    }
    const std::string because =
        is_cancelled ? "the run was stopped" : cat("the step '", error.step(), "' failed");
    for (GraphNode* node : nodes_) node->run->cancel(because);
  }
  if (last_.shared) last_.shared->finish(failure);
  metered_.clear();
  while (!streams_.empty()) streams_.pop_back();
  leave_shared_streams();
  return own_failure;
}

void Chain::leave_shared_streams() {
  for (GraphNode* node : nodes_) {
    for (const auto& input : node->inputs) {
      if (input.from->shared) input.from->shared->leave(node->id());
    }
  }
}

void Chain::drive() {
  if (last_.run->spec().role == Role::kWriter) {
    write_all(last_);
  } else if (last_.shared) {
    share_all(last_);
  } else {
    drop_all(last_);
  }
  for (MeteredStream* stream : metered_) stream->finish();
}

Extractor& Chain::open_stream(GraphNode& node, GraphNode& reader) {
  if (node.shared && &node != &last_) {
    streams_.push_back(node.shared->open_for(reader.id(), cancellation_));
    return *streams_.back();
  }
  std::vector<Input> inputs;
  for (const auto& feed : node.inputs) {
    Extractor& source = open_stream(*feed.from, node);
    streams_.push_back(std::make_unique<TakenStream>(*node.run, source));
    inputs.push_back({feed.name, streams_.back().get()});
  }
  cancellation_.check();
  node.run->start();
  StepRun& run = *node.run;
  const bool is_source = run.spec().role == Role::kExtractor;
  const auto open = [&run, inputs, is_source]() -> std::unique_ptr<Extractor> {
    if (is_source) return run.component().open_extractor(run.config(), run);
    return run.component().open_processor(run.config(), inputs, run);
  };
  auto metered =
      std::make_unique<MeteredStream>(run, session_, open, is_source, is_source ? row_limit_ : std::nullopt);
  metered_.push_back(metered.get());
  streams_.push_back(std::move(metered));
  return *streams_.back();
}

void Chain::write_all(GraphNode& node) {
  StepRun& run = *node.run;
  Extractor& source = open_stream(*node.inputs.front().from, node);
  cancellation_.check();
  run.start();
  const std::unique_ptr<Writer> writer = inside_step(run, [&] {
    const BusyTime busy(run);
    return run.component().open_writer(run.config(), source.schema(), run);
  });
  AbortUnlessCommitted guard(*writer);
  while (const auto batch = source.next()) {
    run.counters().rows_read += batch->row_count();
    run.counters().hold(batch->byte_count());
    const BusyTime busy(run);
    inside_step(run, [&] { writer->write(*batch); });
  }
  run.counters().hold(0);
  cancellation_.check();
  const LoadResult result = inside_step(run, [&] {
    const BusyTime busy(run);
    LoadResult acknowledged = writer->commit({run.counters().rows_read, {}, {}});
    guard.committed();
    run.deliver_files();
    return acknowledged;
  });
  run.complete(result);
}

void Chain::share_all(GraphNode& node) {
  Extractor& source = open_stream(node, node);
  node.shared->opened(source.schema());
  while (const auto batch = source.next()) {
    const bool is_wanted = node.shared->push(*batch);
    node.run->counters().hold(node.shared->byte_count());
    if (is_wanted) continue;
    cancellation_.check();
    // A reader that had enough (a LIMIT) ended well before it let go of the queue.
    const bool is_enough = std::any_of(node.readers.begin(), node.readers.end(), [](const GraphNode* reader) {
      return reader->run->status() == SessionStatus::kSuccess;
    });
    if (is_enough) break;
    throw Error(ErrorKind::kUser, "run.cancelled", "nobody reads the rows any more");
  }
}

void Chain::drop_all(GraphNode& node) {
  Extractor& source = open_stream(node, node);
  while (source.next()) {
  }
}

}  // namespace osiris
