#include "agent/mcp_stdio.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <unistd.h>

#include "net/wake_up.h"

namespace osiris::mcp {

namespace {

constexpr std::chrono::milliseconds kPatience{2000};

/// False when nobody reads any more.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

void LineReader::add_part(std::string_view part) {
  if (is_passing_over_) return;
  if (line_.size() + part.size() > most_bytes_) {
    is_passing_over_ = true;
    line_.clear();
    refuse_();
    return;
  }
  line_ += part;
}

void LineReader::add(std::string_view bytes) {
  std::size_t end = bytes.find('\n');
  for (; end != std::string_view::npos; end = bytes.find('\n')) {
    add_part(bytes.substr(0, end));
    if (!is_passing_over_) take_(line_);
    line_.clear();
    is_passing_over_ = false;
    bytes.remove_prefix(end + 1);
  }
  add_part(bytes);
}

bool serve(World world, int input, int output, Cancellation& stop) {
  // A client that is gone is seen by the write that fails.
  std::signal(SIGPIPE, SIG_IGN);
  const WakeUp wake_up(stop);
  auto server = std::make_unique<Server>(std::move(world), [&stop, output](const std::string& line) {
    if (!write_all(output, line + "\n")) stop.cancel();
  });
  LineReader reader(
      kMostMessageBytes, [&](std::string_view line) { server->receive(line); },
      [&] { server->refuse_oversized(kMostMessageBytes); });
  std::array<char, 65536> bytes{};
  std::array<pollfd, 2> watched{{{input, POLLIN, 0}, {wake_up.descriptor(), POLLIN, 0}}};
  while (!stop.is_cancelled()) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) break;
    const ssize_t count = ::read(input, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    reader.add({bytes.data(), static_cast<std::size_t>(count)});
  }
  if (server->stop(kPatience)) return true;
  // Only the end of the process ends such calls, which use the server until then.
  static_cast<void>(server.release());
  return false;
}

}  // namespace osiris::mcp
