#include "net/cut_off.h"

#include <array>
#include <cerrno>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace osiris {
namespace {

/// Two ends of a TCP connection of this machine.
std::array<int, 2> connected_pair() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener, any, size), 0);
  EXPECT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(getsockname(listener, any, &size), 0);
  const int near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(near, any, size), 0);
  const int far = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  close(listener);
  return {near, far};
}

TEST(CutOff, APeerThatWritesIntoAFullWindowIsTold) {
  const auto [near, far] = connected_pair();
  std::vector<char> bytes(1 << 16);
  while (send(far, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  EXPECT_EQ(errno, EAGAIN);

  cut_off(near);
  // What has come is taken, as a client library does that has a line to end.
  while (read(near, bytes.data(), bytes.size()) > 0) {
  }
  close(near);

  pollfd peer{far, POLLIN | POLLOUT, 0};
  EXPECT_EQ(poll(&peer, 1, 10'000), 1);
  EXPECT_NE(peer.revents & POLLERR, 0);
  close(far);
}

TEST(CutOff, AReadThatWaitsReturns) {
  const auto [near, far] = connected_pair();
  cut_off(near);
  char byte = 0;
  EXPECT_EQ(read(near, &byte, 1), 0);
  close(near);
  close(far);
}

}  // namespace
}  // namespace osiris
