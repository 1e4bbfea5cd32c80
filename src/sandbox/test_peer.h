#pragma once

#include <array>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/descriptor.h"

namespace osiris::sandbox {

/// The other side of a server under test: a TCP connection to a port of the loopback interface.
class TestPeer {
 public:
  explicit TestPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      socket_.close();
  }

  bool is_connected() const { return socket_.is_open(); }
  void send(std::string_view text) const {
    ::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  void close() { socket_.close(); }

  /// What comes until `end` is in it, or the connection is closed ("<closed>") or cut ("<cut>"), or nothing
  /// has come for five seconds ("<silent>").
  std::string receive_until(std::string_view end) const {
    constexpr int kPatienceMs = 5000;
    std::string text;
    while (end.empty() || text.find(end) == std::string::npos) {
      pollfd watched{socket_.descriptor(), POLLIN, 0};
      if (::poll(&watched, 1, kPatienceMs) <= 0) return text + "<silent>";
      std::array<char, 65536> buffer{};
      const ssize_t count = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
      if (count == 0) return text + "<closed>";
      if (count < 0) return text + "<cut>";
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string receive_all() const { return receive_until({}); }
  std::string ask(std::string_view request, std::string_view end) const {
    send(request);
    return receive_until(end);
  }

 private:
  Descriptor socket_;
};

}  // namespace osiris::sandbox
