#include "cli/piped_lines.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace osiris::cli {

bool PipedLines::take(std::string& line) {
  const std::size_t end = come_.find('\n', looked_at_);
  looked_at_ = end == std::string::npos ? come_.size() : 0;
  if (end == std::string::npos) return false;
  line = come_.substr(0, end);
  come_.erase(0, end + 1);
  return true;
}

PipedLines::Event PipedLines::read(std::string& line, const WakeUp* wake_up) {
  std::array<char, 65536> bytes{};
  std::array<pollfd, 2> watched{
      {{descriptor_, POLLIN, 0}, {wake_up == nullptr ? -1 : wake_up->descriptor(), POLLIN, 0}}};
  for (;;) {
    // A question that comes after the cancel has no answer, whatever has been typed.
    const bool is_ready = ::poll(watched.data(), watched.size(), looked_at_ < come_.size() ? 0 : -1) >= 0;
    if (!is_ready && errno != EINTR) return Event::kEndOfInput;
    if (is_ready && watched[1].revents != 0) return Event::kInterrupted;
    if (take(line)) return Event::kLine;
    if (!is_ready || watched[0].revents == 0) continue;
    const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      come_.append(bytes.data(), static_cast<std::size_t>(count));
      continue;
    }
    line = std::move(come_);
    come_.clear();
    looked_at_ = 0;
    return line.empty() ? Event::kEndOfInput : Event::kLine;
  }
}

}  // namespace osiris::cli
