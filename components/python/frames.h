#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

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
  /// Writes what the pipe takes now; false where nobody reads it any more.
  bool write(int descriptor);
  void clear();

 private:
  std::deque<std::string> parts_;
  std::size_t sent_ = 0;  ///< of the first one
};

/// Frames out of a pipe that does not block.
class FrameReader {
 public:
  /// Reads what is there, to the end of a frame at most; false at the end of the pipe.
  /// Errors: kUser "python.protocol" for what is no frame.
  bool read(int descriptor);
  /// The frame that is whole.
  std::optional<Frame> take();

 private:
  std::array<char, Frame::kHeaderBytes> header_{};
  std::size_t header_size_ = 0, filled_ = 0;
  Frame frame_;
};

}  // namespace osiris::python
