#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/cancellation.h"
#include "base/descriptor.h"
#include "net/wake_up.h"
#include "python/arrow_reader.h"
#include "python/frames.h"

namespace osiris::python {

/// What a worker sends, read and decoded by a thread of its own, so that the step's thread can read and write
/// rows meanwhile.
class WorkerOutput {
 public:
  struct Message {
    char kind = kEnded;  ///< of the frame that it came in
    std::string content{};
    Schema schema{};               ///< kind 'S'
    std::optional<Batch> batch{};  ///< kind 'B'; a frame may give several
  };
  static constexpr char kEnded = 0;  ///< the worker closed the pipe

  /// Reads the pipe, which outlives the object. Errors: kInternal "system.eventfd".
  explicit WorkerOutput(int pipe);
  WorkerOutput(const WorkerOutput&) = delete;
  WorkerOutput& operator=(const WorkerOutput&) = delete;
  ~WorkerOutput();

  /// Finds poll() readable while there is something to take.
  int descriptor() const { return ready_.descriptor(); }
  /// The next message, where there is one. After kEnded there is none.
  /// Errors: those of FrameReader and ArrowReader.
  std::optional<Message> take();

 private:
  void read_all();
  Frame read_stream(Frame frame);
  /// Errors: "run.cancelled" when the object goes.
  Frame next_frame();
  void put(Message message);
  void wait_for_room();

  int pipe_;
  Descriptor ready_;
  Cancellation stop_;
  WakeUp stopped_;
  FrameReader frames_;

  std::mutex mutex_;
  std::condition_variable_any has_room_;
  std::deque<Message> messages_;
  std::uint64_t held_bytes_ = 0;
  std::exception_ptr failure_;

  std::jthread thread_;
};

}  // namespace osiris::python
