#include "run/chain.h"

#include "base/text.h"
#include "load/row_set_digest.h"

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

/// A file says itself what its rows are: its fingerprint is taken while it is written.
bool writes_files(const ComponentSpec& spec) {
  return std::any_of(spec.fields.begin(), spec.fields.end(),
                     [](const Field& field) { return field.is_path; });
}

/// Chosen: as much as a handful of queues hold; beyond it, rows are spilled to the disk.
constexpr std::uint64_t kSpoolMemoryBytes = std::uint64_t{64} << 20;

}  // namespace

Chain::Chain(GraphNode& last, Session& session, const RunOptions& options)
    : last_(last), session_(session), options_(options) {
  collect(last);
}

void Chain::collect(GraphNode& node) {
  for (const auto& input : node.inputs) {
    if (!input.from->shared) collect(*input.from);
  }
  nodes_.push_back(&node);
  node.run->follow(cancellation_);
  node.run->let_install(options_.installs_packages);
}

std::optional<Error> Chain::run() {
  std::optional<Error> failure, own_failure;
  while (!failure) {
    try {
      drive();
      break;
    } catch (...) {
      failure = as_error(std::current_exception());
    }
    if (begin_again(*failure)) {
      failure.reset();
    } else {
      own_failure = end_steps(*failure);
    }
  }
  if (last_.shared) last_.shared->finish(failure);
  close_streams();
  leave_shared_streams();
  return own_failure;
}

std::optional<Error> Chain::end_steps(Error error) {
  std::optional<Error> own_failure;
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
  return own_failure;
}

bool Chain::begin_again(const Error& error) {
  // Rows that other chains have seen, or have sent, cannot come again.
  const bool is_whole = last_.run->spec().role == Role::kWriter &&
                        std::none_of(nodes_.begin(), nodes_.end(), [](const GraphNode* node) {
                          return std::any_of(node->inputs.begin(), node->inputs.end(),
                                             [](const auto& input) { return input.from->shared != nullptr; });
                        });
  const auto failed = std::find_if(nodes_.begin(), nodes_.end(),
                                   [&](const GraphNode* node) { return node->id() == error.step(); });
  if (!is_whole || failed == nodes_.end()) return false;
  const auto delay = (*failed)->run->next_attempt(error);
  if (!delay) return false;
  close_streams();
  for (GraphNode* node : nodes_) node->run->begin_again();
  return wait_for(*delay, cancellation_);
}

void Chain::close_streams() {
  metered_.clear();
  while (!streams_.empty()) streams_.pop_back();
}

void Chain::settle(const Resume& resume) {
  StepRun& run = *last_.run;
  if (run.spec().role != Role::kWriter) return;
  if (const auto complete = resume.complete.find(last_.id()); complete != resume.complete.end()) {
    return run.settle(resume.last_session, complete->second);
  }
  if (!run.component().find_load) return;
  try {
    const auto result = run.component().find_load(run.config(), run);
    if (result) run.settle(resume.last_session, result->row_count);
  } catch (const Error& error) {
    run.warn("load.not_found_out",
             cat("what became of the earlier load cannot be found out: ", error.message()), error.hint());
  }
}

bool Chain::is_settled() const { return last_.run->is_settled() || last_.shared != nullptr; }

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
  StepRun& run = *node.run;
  run.start();
  const bool is_source = run.spec().role == Role::kExtractor;
  if (is_source && options_.row_limit) run.limit_rows(*options_.row_limit);
  const auto open = [&run, &node, this, inputs, is_source]() -> std::unique_ptr<Extractor> {
    if (is_source && node.incremental) run.set_window(node.incremental->window(options_.range));
    if (is_source) return run.component().open_extractor(run.config(), run);
    return run.component().open_processor(run.config(), inputs, run);
  };
  auto metered = std::make_unique<MeteredStream>(run, session_, open, is_source,
                                                 is_source ? options_.row_limit : std::nullopt);
  metered_.push_back(metered.get());
  streams_.push_back(std::move(metered));
  return *streams_.back();
}

void Chain::write_all(GraphNode& node) {
  StepRun& run = *node.run;
  Extractor& source = open_stream(*node.inputs.front().from, node);
  if (run.is_settled()) return drop_rows(source);
  cancellation_.check();
  run.start();
  const std::unique_ptr<Writer> writer = inside_step(run, [&] {
    const BusyTime busy(run);
    return run.component().open_writer(run.config(), source.schema(), run);
  });
  AbortUnlessCommitted guard(*writer);
  std::optional<RowSetDigest> digest;
  if (!writes_files(run.spec())) digest.emplace(source.schema());
  while (const auto batch = source.next()) {
    run.counters().rows_read += batch->row_count();
    run.counters().hold(batch->byte_count());
    const BusyTime busy(run);
    inside_step(run, [&] { writer->write(*batch); });
    // After it: what it had to decode costs nothing more.
    if (digest) digest->add(*batch);
  }
  run.counters().hold(0);
  cancellation_.check();
  const LoadResult result = inside_step(run, [&] {
    const BusyTime busy(run);
    LoadRecord record{run.counters().rows_read};
    if (node.incremental) record.mark = node.incremental->reached_mark();
    LoadResult acknowledged = writer->commit(record);
    guard.committed();
    if (node.incremental) node.incremental->committed();
    run.deliver_files();
    return acknowledged;
  });
  run.complete(result, digest ? digest->text() : "");
}

void Chain::share_all(GraphNode& node) {
  Extractor& source = open_stream(node, node);
  node.shared->opened(source.schema());
  if (node.shared->is_spooled()) {
    SqlOptions options;
    options.memory_limit_bytes = kSpoolMemoryBytes;
    options.temporary_folder = node.run->temporary_folder();
    options.cancellation = &cancellation_;
    return node.shared->spool(source, options);
  }
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

void Chain::drop_all(GraphNode& node) { drop_rows(open_stream(node, node)); }

void Chain::drop_rows(Extractor& source) {
  while (source.next()) {
  }
}

}  // namespace osiris
