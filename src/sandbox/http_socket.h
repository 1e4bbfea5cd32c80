#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/descriptor.h"

namespace osiris::sandbox {

/// A connected stream socket whose waits have limits. One thread uses it; cut() may come from any.
class HttpSocket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// `silence`: how long a peer may take no byte of what is written.
  HttpSocket(Descriptor socket, std::chrono::milliseconds silence);

  /// Reads what is there, at least a byte; 0 at the peer's end.
  /// Errors: kConnection "connection.timeout", "connection.lost".
  std::size_t read(std::span<char> buffer, Deadline deadline);
  /// Writes all pieces, in as few system calls as the peer lets it. Errors: as read().
  void write(std::span<const std::string_view> pieces);
  /// Sends bytes of a file from an offset on, past no memory of ours.
  /// Errors: as read(); kConnection "connection.lost" where the file got shorter.
  void send_file(int file, std::uint64_t offset, std::uint64_t size_bytes);

  /// The peer has closed its end or vanished.
  bool is_gone() const;
  /// Ends the traffic at once; whoever waits in a call here comes back with an error.
  void cut();
  /// Tells the peer that nothing more comes, and takes what it still sends for a moment: closing over unread
  /// bytes would reset the connection, and with it what the peer has not read yet.
  void linger();
  void close() { socket_.close(); }
  int descriptor() const { return socket_.descriptor(); }

 private:
  void wait_writable() const;

  Descriptor socket_;
  std::chrono::milliseconds silence_;
};

}  // namespace osiris::sandbox
