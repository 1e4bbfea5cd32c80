#include "sandbox/http_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/error.h"
#include "net/cut_off.h"
#include "net/wake_up.h"

namespace osiris::sandbox {

namespace {

[[noreturn]] void throw_lost() {
  throw_errno(ErrorKind::kConnection, "connection.lost", "the peer of a request went away");
}

/// Waits for an event, or for the end; false at the deadline.
bool wait_for_event(int socket, short events, HttpSocket::Deadline deadline) {
  for (;;) {
    pollfd watched{socket, events, 0};
    const int ready = ::poll(&watched, 1, remaining_ms(deadline));
    if (ready > 0) return true;
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) throw_lost();
  }
}

}  // namespace

HttpSocket::HttpSocket(Descriptor socket, std::chrono::milliseconds silence)
    : socket_(std::move(socket)), silence_(silence) {
  ::fcntl(descriptor(), F_SETFL, O_NONBLOCK);
  // A small answer must not wait for the acknowledgement of the one before. No matter for a Unix socket.
  const int on = 1;
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::size_t HttpSocket::read(std::span<char> buffer, Deadline deadline) {
  for (;;) {
    const ssize_t count = ::recv(descriptor(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      if (!wait_for_event(descriptor(), POLLIN, deadline))
        throw Error(ErrorKind::kConnection, "connection.timeout",
                    "the peer of a request sent nothing for too long");
    } else if (errno != EINTR) {
      throw_lost();
    }
  }
}

void HttpSocket::wait_writable() const {
  if (!wait_for_event(descriptor(), POLLOUT, std::chrono::steady_clock::now() + silence_))
    throw Error(ErrorKind::kConnection, "connection.timeout",
                "the peer of a request took nothing for too long");
}

void HttpSocket::write(std::span<const std::string_view> pieces) {
  constexpr std::size_t kMostPieces = 64;
  std::array<iovec, kMostPieces> vectors{};
  std::size_t written = 0;  // of the first piece
  while (!pieces.empty()) {
    const std::size_t count = std::min(pieces.size(), kMostPieces);
    for (std::size_t index = 0; index < count; ++index)
      vectors[index] = {const_cast<char*>(pieces[index].data()), pieces[index].size()};
    vectors[0] = {const_cast<char*>(pieces[0].data()) + written, pieces[0].size() - written};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(descriptor(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) {
        wait_writable();
      } else if (errno != EINTR) {
        throw_lost();
      }
      continue;
    }
    written += static_cast<std::size_t>(sent);
    while (!pieces.empty() && written >= pieces.front().size()) {
      written -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
  }
}

void HttpSocket::send_file(int file, std::uint64_t offset, std::uint64_t size_bytes) {
  // The most that the system takes in one call.
  constexpr std::uint64_t kMostAtOnce = 0x7ffff000;
  auto position = static_cast<off_t>(offset);
  while (size_bytes > 0) {
    const ssize_t sent = ::sendfile(descriptor(), file, &position,
                                    static_cast<std::size_t>(std::min(size_bytes, kMostAtOnce)));
    if (sent > 0) {
      size_bytes -= static_cast<std::uint64_t>(sent);
    } else if (sent == 0) {
      throw Error(ErrorKind::kConnection, "connection.lost", "a file got shorter while it was sent");
    } else if (errno == EAGAIN) {
      wait_writable();
    } else if (errno != EINTR) {
      throw_lost();
    }
  }
}

bool HttpSocket::is_gone() const {
  pollfd watched{descriptor(), POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) > 0;
}

void HttpSocket::cut() { cut_off(descriptor()); }

void HttpSocket::linger() {
  constexpr std::chrono::seconds kMoment{2};
  ::shutdown(descriptor(), SHUT_WR);
  const Deadline deadline = std::chrono::steady_clock::now() + kMoment;
  std::array<char, 16 << 10> buffer{};
  while (std::chrono::steady_clock::now() < deadline && wait_for_event(descriptor(), POLLIN, deadline)) {
    if (::recv(descriptor(), buffer.data(), buffer.size(), 0) <= 0) return;
  }
}

}  // namespace osiris::sandbox
