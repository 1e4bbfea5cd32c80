#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace osiris::python {

/// What goes over the pipes to and from a worker: osiris_step.py says which kinds there are.
struct Frame {
  static constexpr std::size_t kHeaderBytes = 13;  ///< kind, number and size, little-endian

  char kind = 0;
  std::uint32_t number = 0;
  std::string content;
};

/// Frames on their way into a pipe that does not block.
class FrameWriter {
 public:
  void put(Frame frame);
  bool is_empty() const { return parts_.empty(); }
  /// Of all frames whose last byte is still here.
  std::size_t byte_count() const { return byte_count_; }
  /// Writes what the pipe takes now; false where nobody reads it any more.
  bool write(int descriptor);
  void clear();
  /// Memory of a frame that was sent, for the next one.
  std::string take_used() { return std::exchange(used_, {}); }

 private:
  std::deque<std::string> parts_;
  std::size_t sent_ = 0;  ///< of the first one
  std::size_t byte_count_ = 0;
  std::string used_;
};

/// Frames out of a pipe that does not block.
class FrameReader {
 public:
  /// Reads what is there, to the end of a frame at most; false at the end of the pipe.
  /// Errors: kUser "python.protocol" for what is no frame.
  bool read(int descriptor);
  /// The frame that is whole.
  std::optional<Frame> take();
  /// The next frame may have this memory.
  void reuse(std::string used) { used_ = std::move(used); }

 private:
  std::array<char, Frame::kHeaderBytes> header_{};
  std::size_t header_size_ = 0, filled_ = 0;
  Frame frame_;
  std::string used_;
};

}  // namespace osiris::python
