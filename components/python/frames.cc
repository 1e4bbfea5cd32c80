#include "python/frames.h"

#include <unistd.h>
#include <cerrno>

#include "base/error.h"

namespace osiris::python {

namespace {

/// Chosen: the message of a worker that went mad is refused before memory is.
constexpr std::uint64_t kMostFrameBytes = std::uint64_t{4} << 30;

template <typename T>
void append_number(std::string& out, T value) {
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    out += static_cast<char>(value >> (8 * byte) & 0xFFU);
}

template <typename T>
T number_at(const char* bytes) {
  T value = 0;
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    value |= static_cast<T>(static_cast<unsigned char>(bytes[byte])) << (8 * byte);
  return value;
}

}  // namespace

void FrameWriter::put(Frame frame) {
  std::string& header = parts_.emplace_back(1, frame.kind);
  append_number(header, frame.number);
  append_number(header, std::uint64_t{frame.content.size()});
  byte_count_ += header.size() + frame.content.size();
  if (!frame.content.empty()) parts_.push_back(std::move(frame.content));
}

bool FrameWriter::write(int descriptor) {
  while (!parts_.empty()) {
    const std::string& part = parts_.front();
    const ssize_t count = ::write(descriptor, part.data() + sent_, part.size() - sent_);
    if (count < 0) return errno != EPIPE;
    sent_ += static_cast<std::size_t>(count);
    if (sent_ < part.size()) continue;
    byte_count_ -= part.size();
    if (part.size() > Frame::kHeaderBytes) used_ = std::move(parts_.front());
    parts_.pop_front();
    sent_ = 0;
  }
  return true;
}

void FrameWriter::clear() {
  parts_.clear();
  sent_ = byte_count_ = 0;
}

bool FrameReader::read(int descriptor) {
  while (header_size_ < header_.size() || filled_ < frame_.content.size()) {
    const bool is_header = header_size_ < header_.size();
    char* const into = is_header ? header_.data() + header_size_ : frame_.content.data() + filled_;
    const std::size_t wanted = is_header ? header_.size() - header_size_ : frame_.content.size() - filled_;
    const ssize_t count = ::read(descriptor, into, wanted);
    if (count == 0) return false;
    if (count < 0) return true;
    (is_header ? header_size_ : filled_) += static_cast<std::size_t>(count);
    if (!is_header || header_size_ < header_.size()) continue;
    const auto size = number_at<std::uint64_t>(header_.data() + 5);
    if (size > kMostFrameBytes)
      throw Error(ErrorKind::kUser, "python.protocol", "the worker sent what is no message");
    used_.resize(size);
    frame_ = {header_[0], number_at<std::uint32_t>(header_.data() + 1), std::exchange(used_, {})};
    filled_ = 0;
  }
  return true;
}

std::optional<Frame> FrameReader::take() {
  if (header_size_ < header_.size() || filled_ < frame_.content.size()) return std::nullopt;
  header_size_ = filled_ = 0;
  return std::exchange(frame_, Frame());
}

}  // namespace osiris::python
