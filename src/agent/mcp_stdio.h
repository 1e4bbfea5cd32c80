#pragma once

#include "agent/mcp_server.h"

namespace osiris::mcp {

/// The most bytes of a message that is read.
constexpr std::size_t kMostMessageBytes = std::size_t{4} << 20;

/// Serves the client at two descriptors, a message a line, until its end of input, a broken output or a
/// cancel. What runs then is cancelled. Returns false where a call did not come back in time.
bool serve(World world, int input, int output, Cancellation& stop);

/// Joins bytes to lines; a line that is too long is told once and passed over.
class LineReader {
 public:
  LineReader(std::size_t most_bytes, std::function<void(std::string_view)> take, std::function<void()> refuse)
      : most_bytes_(most_bytes), take_(std::move(take)), refuse_(std::move(refuse)) {}

  void add(std::string_view bytes);

 private:
  void add_part(std::string_view part);

  std::size_t most_bytes_;
  std::function<void(std::string_view)> take_;
  std::function<void()> refuse_;
  std::string line_;
  bool is_passing_over_ = false;
};

}  // namespace osiris::mcp
