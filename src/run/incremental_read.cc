#include "run/incremental_read.h"

namespace osiris {

std::string mark_name(const std::string& pipeline, const std::string& step_id) {
  return pipeline + "/" + step_id;
}

IncrementalRead::IncrementalRead(std::string mark_name, StepRun& extractor, StepRun& writer, MarkStore store)
    : mark_name_(std::move(mark_name)), extractor_(extractor), writer_(writer), store_(std::move(store)) {
  writer_.set_mark_name(mark_name_);
}

Window IncrementalRead::window(const ReadRange& range) {
  Window window{{}, range.from, range.to};
  if (range.is_full_refresh || window.is_by_hand()) return window;
  window.after = writer_.keeps_marks() ? writer_.component().find_mark(writer_.config(), writer_, mark_name_)
                                       : store_.find(mark_name_);
  return window;
}

std::optional<Mark> IncrementalRead::reached_mark() const { return extractor_.reached_mark(); }

void IncrementalRead::committed() {
  if (reached_mark() && !writer_.keeps_marks()) store_.save(mark_name_, *reached_mark());
}

}  // namespace osiris
