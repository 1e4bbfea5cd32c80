#include "llm/event_stream.h"

namespace osiris::llm {

void EventStream::add(std::string_view bytes) {
  for (const char c : bytes) {
    const bool ends_pair = c == '\n' && was_return_;
    was_return_ = c == '\r';
    if (ends_pair) continue;
    if (c == '\n' || c == '\r') {
      line();
      line_.clear();
    } else {
      line_ += c;
    }
  }
}

void EventStream::end() {
  if (!line_.empty()) line();
  line_.clear();
  line();
}

void EventStream::line() {
  constexpr std::string_view kData = "data:";
  if (line_.empty()) {
    if (has_data_) take_(data_);
    data_.clear();
    has_data_ = false;
    return;
  }
  // Names of events and comments say nothing that the data does not.
  if (!line_.starts_with(kData)) return;
  std::string_view value = std::string_view(line_).substr(kData.size());
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
}

}  // namespace osiris::llm
