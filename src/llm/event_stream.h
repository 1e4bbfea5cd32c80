#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace osiris::llm {

/// Takes server-sent events apart, in pieces cut anywhere.
/// Source: HTML Living Standard, section 9.2.6.
class EventStream {
 public:
  using Take = std::function<void(std::string_view data)>;
  explicit EventStream(Take take) : take_(std::move(take)) {}

  void add(std::string_view bytes);
  /// Hands over an event that its end cut off from its empty line, as some servers do with the last one.
  void end();

 private:
  void line();

  Take take_;
  std::string line_, data_;
  bool has_data_ = false, was_return_ = false;
};

}  // namespace osiris::llm
