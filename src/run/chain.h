#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
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
  std::unique_ptr<SharedStream> shared;  ///< where several steps read this one's rows

  const std::string& id() const { return run->step().id; }
};

/// The steps that one thread drives: from a last step, a writer or a stream that several read, up to the
/// sources or to streams that other chains drive.
class Chain {
 public:
  Chain(GraphNode& last, Session& session, std::optional<std::uint64_t> row_limit);

  Cancellation& cancellation() { return cancellation_; }
  const std::vector<GraphNode*>& nodes() const { return nodes_; }
  /// Drives the rows to the end. Every step of the chain has ended when it returns.
  /// Returns the failure of a step of this chain, if there was one.
  std::optional<Error> run();

 private:
  void collect(GraphNode& node);
  void drive();
  Extractor& open_stream(GraphNode& node, GraphNode& reader);
  /// Says to the streams that other chains drive that no step of this one reads them any more.
  void leave_shared_streams();
  void write_all(GraphNode& node);
  void share_all(GraphNode& node);
  void drop_all(GraphNode& node);

  GraphNode& last_;
  Session& session_;
  std::optional<std::uint64_t> row_limit_;
  Cancellation cancellation_;
  std::vector<GraphNode*> nodes_;  ///< sources first
  std::vector<std::unique_ptr<Extractor>> streams_;
  std::vector<MeteredStream*> metered_;
};

}  // namespace osiris
