#pragma once

#include <string>

#include "run/run_options.h"
#include "run/step_run.h"
#include "state/mark_store.h"

namespace osiris {

/// "pipeline/step": what a mark is kept under.
std::string mark_name(const std::string& pipeline, const std::string& step_id);

/// An incremental extractor and the one writer that its rows end in: finds the mark before the first row, and
/// sees to it that the next one is kept with the rows: by the target itself, in the load's transaction, or,
/// where it keeps no marks, in the project's state after the load.
class IncrementalRead {
 public:
  IncrementalRead(std::string mark_name, StepRun& extractor, StepRun& writer, MarkStore store);

  /// For the extractor, before it opens.
  Window window(const ReadRange& range);
  /// For the writer's record; nothing where the extractor did not read to the end of its rows.
  std::optional<Mark> reached_mark() const;
  /// For the writer, once its rows are committed.
  void committed();

 private:
  std::string mark_name_;
  StepRun& extractor_;
  StepRun& writer_;
  MarkStore store_;
};

}  // namespace osiris
