#include "run/executor.h"

#include <condition_variable>
#include <deque>
#include <thread>

#include "base/text.h"
#include "compile/graph.h"
#include "compile/incremental.h"
#include "run/chain.h"
#include "run/process_memory.h"

namespace osiris {

namespace {

/// After a request to stop, how long the chains have before the run goes on without them.
constexpr std::chrono::milliseconds kStopTime{800};
/// How often timeouts are looked at; every tenth time the running metrics are told.
constexpr std::chrono::milliseconds kTick{100};

/// Steps that rows connect: they run at the same time, each chain in its own thread.
struct Group {
  std::vector<GraphNode*> nodes;
  std::deque<Chain> chains;
  std::size_t running_chains = 0;
  bool is_started = false, is_done = false;
};

void emit_resolved(Session& session, const std::string& step_id, const ResolvedConnection& connection) {
  Json sources = Json::object();
  for (const auto& [field, origin] : connection.origins) sources[field] = origin;
  session.emit(ConnectionResolveComplete{step_id, connection.config.family(), connection.config.alias(), true,
                                         connection.config.shown(), sources});
}

}  // namespace

class Executor::State : public std::enable_shared_from_this<Executor::State> {
 public:
  State(const Manifest& manifest, const Project& project, const Registry& registry, Session& session,
        RunOptions options)
      : session_(session), options_(std::move(options)) {
    if (options_.jobs == 0) options_.jobs = std::max(2U, std::thread::hardware_concurrency());
    for (const ManifestStep& step : manifest.steps) add_node(as_asked_for(step, manifest), project, registry);
    for (GraphNode& node : nodes_) connect(node);
    for (GraphNode& node : nodes_) link_incremental_read(node, manifest, project);
    share_streams();
    for (GraphNode& node : nodes_) make_group(node);
  }

  RunOutcome run() {
    std::unique_lock lock(mutex_);
    std::int64_t ticks = 0;
    while (!is_over()) {
      start_ready_groups();
      changed_.wait_for(lock, kTick, [&] { return is_over() || has_news_; });
      has_news_ = false;
      if (++ticks % 10 == 0) emit_running_metrics();
      stop_overdue_steps();
      if (stop_requested_at_ && std::chrono::steady_clock::now() > *stop_requested_at_ + kStopTime) break;
    }
    emit_running_metrics();
    const RunOutcome result = outcome();
    lock.unlock();
    for (std::thread& thread : threads_) {
      if (result.has_stuck_threads) {
        thread.detach();
      } else {
        thread.join();
      }
    }
    return result;
  }

  std::vector<const StepRun*> steps() const {
    std::vector<const StepRun*> steps;
    for (const GraphNode& node : nodes_) steps.push_back(node.run.get());
    return steps;
  }

  void request_stop() {
    const std::lock_guard lock(mutex_);
    if (stop_requested_at_) return;
    stop_requested_at_ = std::chrono::steady_clock::now();
    cancel_everything("the run was stopped");
    changed_.notify_all();
  }

 private:
  void add_node(const ManifestStep& step, const Project& project, const Registry& registry) {
    const RegisteredComponent* component = registry.find(step.component);
    if (component == nullptr) {
      throw Error(ErrorKind::kUser, "manifest.unknown_component",
                  cat("unknown component: '", step.component, "'"),
                  "compile the pipeline again with this version of osiris");
    }
    refuse_limited_replacement(step, component->spec);
    std::optional<ResolvedConnection> connection;
    if (!step.connection.empty()) connection = resolve_connection(step, project, registry);
    GraphNode& node = nodes_.emplace_back();
    LoadId load{options_.resume ? options_.resume->session : session_.id(), step.id,
                options_.resume.has_value()};
    node.run = std::make_unique<StepRun>(step, *component, std::move(connection), project, session_,
                                         std::move(load));
  }

  /// The step, or, where everything is read again, one that replaces rows instead of adding them.
  const ManifestStep& as_asked_for(const ManifestStep& step, const Manifest& manifest) {
    if (!options_.range.is_full_refresh || step.mode != "write") return step;
    if (step.config.value("write_mode", "") != "append" || !reads_incrementally(step, manifest)) return step;
    ManifestStep& refreshed = refreshed_steps_.emplace_back(step);
    // Chunks cannot be one replacement; readers were told by chunk_rows that they see them come.
    refreshed.config["write_mode"] = step.config.contains("chunk_rows") ? "truncate" : "replace";
    return refreshed;
  }

  static bool reads_incrementally(const ManifestStep& writer, const Manifest& manifest) {
    return std::any_of(manifest.steps.begin(), manifest.steps.end(), [&](const ManifestStep& step) {
      return is_incremental(step) && find_incremental_writer(manifest.steps, step) == &writer;
    });
  }

  void link_incremental_read(GraphNode& node, const Manifest& manifest, const Project& project) {
    if (!is_incremental(node.run->step())) return;
    const ManifestStep* target = find_incremental_writer(manifest.steps, node.run->step());
    invariant(target != nullptr, "an incremental read ends in one writer");
    GraphNode& writer = node_of(target->id);
    writer.incremental = node.incremental = std::make_shared<IncrementalRead>(
        mark_name(manifest.name, node.id()), *node.run, *writer.run, MarkStore(project.folder()));
  }

  void refuse_limited_replacement(const ManifestStep& step, const ComponentSpec& spec) const {
    if (!options_.row_limit || spec.role != Role::kWriter || spec.connection_family.empty()) return;
    const std::string mode = step.config.value("write_mode", "append");
    if (mode != "replace" && mode != "overwrite" && mode != "truncate") return;
    throw Error(ErrorKind::kUser, "run.limit_replaces",
                cat("--limit would replace a whole table by a part of its rows: step '", step.id, "'"),
                "run without --limit, or write to another table");
  }

  ResolvedConnection resolve_connection(const ManifestStep& step, const Project& project,
                                        const Registry& registry) {
    const std::size_t dot = step.connection.find('.');
    ConnectionResolveComplete failed{
        step.id, step.connection.substr(1, dot - 1), step.connection.substr(dot + 1), false, {}, {}};
    try {
      ResolvedConnection connection = resolve(project.connections().find(step.connection),
                                              project.environment(), registry, project.folder());
      emit_resolved(session_, step.id, connection);
      return connection;
    } catch (Error& error) {
      session_.emit(failed);
      error.set_step(step.id);
      throw;
    }
  }

  GraphNode& node_of(const std::string& id) {
    for (GraphNode& node : nodes_) {
      if (node.id() == id) return node;
    }
    throw Error(ErrorKind::kUser, "manifest.malformed",
                cat("a step names one that is not there: '", id, "'"));
  }

  void connect(GraphNode& node) {
    for (const auto& input : node.run->step().inputs) {
      GraphNode& from = node_of(input.step_id);
      node.inputs.push_back({input.name, &from});
      from.readers.push_back(&node);
    }
    for (const std::string& id : node.run->step().after) node.after.push_back(&node_of(id));
  }

  void share_streams() {
    std::vector<GraphStep> graph;
    for (GraphNode& node : nodes_) {
      GraphStep& step = graph.emplace_back();
      for (const auto& input : node.inputs) step.inputs.push_back(index_of(*input.from));
    }
    const std::vector<bool> is_spooled = spooled_steps(graph);
    for (GraphNode& node : nodes_) {
      if (node.readers.size() < 2) continue;
      std::vector<std::string> readers;
      for (const GraphNode* reader : node.readers) readers.push_back(reader->id());
      node.shared = std::make_unique<SharedStream>(readers, is_spooled[index_of(node)]);
    }
  }

  std::size_t index_of(const GraphNode& wanted) const {
    std::size_t index = 0;
    for (const GraphNode& node : nodes_) {
      if (&node == &wanted) break;
      ++index;
    }
    return index;
  }

  void make_group(GraphNode& node) {
    for (const Group& group : groups_) {
      if (std::find(group.nodes.begin(), group.nodes.end(), &node) != group.nodes.end()) return;
    }
    Group& group = groups_.emplace_back();
    gather(node, group);
    for (GraphNode* member : group.nodes) {
      if (member->readers.size() != 1) group.chains.emplace_back(*member, session_, options_);
    }
  }

  void gather(GraphNode& node, Group& group) {
    if (std::find(group.nodes.begin(), group.nodes.end(), &node) != group.nodes.end()) return;
    group.nodes.push_back(&node);
    for (const auto& input : node.inputs) gather(*input.from, group);
    for (GraphNode* reader : node.readers) gather(*reader, group);
  }

  bool is_over() const {
    return std::all_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.is_done; });
  }

  void start_ready_groups() {
    for (Group& group : groups_) {
      if (group.is_started) continue;
      const auto running = std::count_if(groups_.begin(), groups_.end(), [](const Group& other) {
        return other.is_started && !other.is_done;
      });
      if (static_cast<std::size_t>(running) >= options_.jobs) return;
      if (waits_for_others(group)) continue;
      group.is_started = true;
      if (const auto obstacle = failed_dependency(group)) {
        cancel_group(group, *obstacle);
      } else {
        start(group);
      }
    }
  }

  static bool waits_for_others(const Group& group) {
    return std::any_of(group.nodes.begin(), group.nodes.end(), [](const GraphNode* node) {
      return std::any_of(node->after.begin(), node->after.end(), [](const GraphNode* other) {
        return other->run->status() == SessionStatus::kRunning;
      });
    });
  }

  std::optional<std::string> failed_dependency(const Group& group) const {
    if (is_stopping_) return stop_reason_;
    for (const GraphNode* node : group.nodes) {
      for (const GraphNode* other : node->after) {
        if (other->run->status() != SessionStatus::kSuccess)
          return cat("the step '", other->id(), "' did not succeed");
      }
    }
    return std::nullopt;
  }

  void cancel_group(Group& group, const std::string& because) {
    for (GraphNode* node : group.nodes) node->run->cancel(because);
    group.is_done = true;
    has_news_ = true;
  }

  void start(Group& group) {
    group.running_chains = group.chains.size();
    // The threads share the state, so that one that is stuck in the system finds it to the end.
    if (options_.resume) {
      threads_.emplace_back([self = shared_from_this(), &group] { self->resume(group); });
    } else {
      start_chains(group);
    }
  }

  void start_chains(Group& group) {
    for (Chain& chain : group.chains) {
      threads_.emplace_back([self = shared_from_this(), &group, &chain] {
        const std::optional<Error> failure = chain.run();
        self->chain_ended(group, failure);
      });
    }
  }

  /// Starts the chains of a group unless every one of its writers has done its work before.
  void resume(Group& group) {
    for (Chain& chain : group.chains) chain.settle(*options_.resume);
    const std::lock_guard lock(mutex_);
    const bool is_settled = std::all_of(group.chains.begin(), group.chains.end(),
                                        [](const Chain& chain) { return chain.is_settled(); });
    if (!is_settled) return start_chains(group);
    for (GraphNode* node : group.nodes) {
      if (!node->run->is_settled()) node->run->settle(options_.resume->last_session, 0);
    }
    group.is_done = true;
    has_news_ = true;
    changed_.notify_all();
  }

  void chain_ended(Group& group, const std::optional<Error>& failure) {
    const std::lock_guard lock(mutex_);
    if (failure && !first_failure_) first_failure_ = failure;
    if (failure && options_.fail_fast) cancel_everything(cat("the step '", failure->step(), "' failed"));
    if (--group.running_chains == 0) group.is_done = true;
    has_news_ = true;
    changed_.notify_all();
  }

  void cancel_everything(const std::string& because) {
    is_stopping_ = true;
    if (stop_reason_.empty()) stop_reason_ = because;
    for (Group& group : groups_) {
      for (Chain& chain : group.chains) chain.cancellation().cancel();
    }
  }

  void stop_overdue_steps() {
    for (Group& group : groups_) {
      for (Chain& chain : group.chains) {
        for (GraphNode* node : chain.nodes()) {
          const std::int64_t timeout_ms = node->run->step().timeout_ms;
          const bool runs = node->run->is_started() && node->run->status() == SessionStatus::kRunning;
          if (timeout_ms == 0 || !runs || node->run->elapsed_ms() < timeout_ms) continue;
          Error error(ErrorKind::kData, "step.timeout",
                      cat("the step took longer than ", human_duration(timeout_ms)),
                      "raise its timeout, or see in the session what it waited for");
          error.set_step(node->id());
          node->run->fail(error);
          if (!first_failure_) first_failure_ = error;
          chain.cancellation().cancel();
        }
      }
    }
  }

  void emit_running_metrics() {
    for (const GraphNode& node : nodes_) {
      if (!node.run->is_started() || node.run->status() != SessionStatus::kRunning) continue;
      const StepCounters& counters = node.run->counters();
      session_.metric("rows_read", static_cast<double>(counters.rows_read), "rows", node.id());
      session_.metric("rows_written", static_cast<double>(counters.rows_written), "rows", node.id());
      session_.metric("queue_bytes", static_cast<double>(counters.held_bytes), "bytes", node.id());
    }
    session_.metric("memory_usage_mb", resident_memory_mb(), "MB", "");
  }

  bool all_succeeded() const {
    return std::all_of(nodes_.begin(), nodes_.end(),
                       [](const GraphNode& node) { return node.run->status() == SessionStatus::kSuccess; });
  }

  RunOutcome outcome() {
    RunOutcome result;
    result.error = first_failure_;
    result.has_stuck_threads = !is_over();
    if (stop_requested_at_) {
      result.status = SessionStatus::kCancelled;
    } else if (first_failure_ || !all_succeeded()) {
      result.status = SessionStatus::kFailed;
    }
    for (GraphNode& node : nodes_) node.run->cancel(stop_reason_);
    return result;
  }

  Session& session_;
  RunOptions options_;
  std::deque<ManifestStep> refreshed_steps_;
  std::deque<GraphNode> nodes_;
  std::deque<Group> groups_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_news_ = false, is_stopping_ = false;
  std::string stop_reason_;
  std::optional<std::chrono::steady_clock::time_point> stop_requested_at_;
  std::optional<Error> first_failure_;
};

Executor::Executor(const Manifest& manifest, const Project& project, const Registry& registry,
                   Session& session, RunOptions options)
    : state_(std::make_shared<State>(manifest, project, registry, session, std::move(options))) {}

Executor::~Executor() = default;

RunOutcome Executor::run() { return state_->run(); }
void Executor::request_stop() { state_->request_stop(); }
std::vector<const StepRun*> Executor::steps() const { return state_->steps(); }

}  // namespace osiris
