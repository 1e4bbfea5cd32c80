#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "run/incremental_read.h"
#include "run/run_options.h"
#include "run/shared_stream.h"
#include "run/step_run.h"
#include "run/streams.h"

namespace osiris {

/// A step with its place in the graph.
struct GraphNode {
  std::unique_ptr<StepRun> run;
  struct Feed {
    std::string name;
    GraphNode* from = nullptr;
  };
  std::vector<Feed> inputs;
  std::vector<GraphNode*> after;
  std::vector<GraphNode*> readers;
  std::unique_ptr<SharedStream> shared;          ///< where several steps read this one's rows
  std::shared_ptr<IncrementalRead> incremental;  ///< of its extractor and of its writer

  const std::string& id() const { return run->step().id; }
};

/// The steps that one thread drives: from a last step, a writer or a stream that several read, up to the
/// sources or to streams that other chains drive.
class Chain {
 public:
  Chain(GraphNode& last, Session& session, const RunOptions& options);

  Cancellation& cancellation() { return cancellation_; }
  const std::vector<GraphNode*>& nodes() const { return nodes_; }
  /// Drives the rows to the end. Every step of the chain has ended when it returns.
  /// Returns the failure of a step of this chain, if there was one.
  std::optional<Error> run();

  /// Of a run that resumes another: finds out whether the chain's writer has done its work; where it cannot
  /// be found out, it counts as not done, and opening the writer will tell why.
  void settle(const Resume& resume);
  /// A chain that ends in a stream for others, or in nothing, has no work of its own to do again.
  bool is_settled() const;

 private:
  void collect(GraphNode& node);
  void drive();
  /// Whether the chain may do its work again after this error; waits before it does.
  bool begin_again(const Error& error);
  void close_streams();
  Extractor& open_stream(GraphNode& node, GraphNode& reader);
  /// Says to the streams that other chains drive that no step of this one reads them any more.
  void leave_shared_streams();
  void write_all(GraphNode& node);
  void share_all(GraphNode& node);
  void drop_all(GraphNode& node);
  static void drop_rows(Extractor& source);
  /// Ends every step of the chain after an error; returns it where a step of the chain is to blame.
  std::optional<Error> end_steps(Error error);

  GraphNode& last_;
  Session& session_;
  const RunOptions& options_;
  Cancellation cancellation_;
  std::vector<GraphNode*> nodes_;  ///< sources first
  std::vector<std::unique_ptr<Extractor>> streams_;
  std::vector<MeteredStream*> metered_;
};

}  // namespace osiris
