#include "run/incremental_read.h"

namespace osiris {

std::string mark_name(const std::string& pipeline, const std::string& step_id) {
  return pipeline + "/" + step_id;
}

IncrementalRead::IncrementalRead(std::string mark_name, StepRun& extractor, StepRun& writer, MarkStore store)
    : mark_name_(std::move(mark_name)), extractor_(extractor), writer_(writer), store_(std::move(store)) {}

Window IncrementalRead::window(const ReadRange& range) {
  Window window{{}, range.from, range.to};
  if (range.is_full_refresh || window.is_by_hand()) return window;
  window.after = target_keeps_marks() ? writer_.component().find_mark(writer_.config(), writer_, mark_name_)
                                      : store_.find(mark_name_);
  return window;
}

void IncrementalRead::complete(LoadRecord& record) const {
  record.mark_name = mark_name_;
  record.mark = extractor_.reached_mark();
}

void IncrementalRead::committed(const LoadRecord& record) {
  if (record.mark && !target_keeps_marks()) store_.save(mark_name_, *record.mark);
}

}  // namespace osiris
