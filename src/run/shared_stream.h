#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "run/streams.h"

namespace osiris {

/// A stream that several steps read: one chain drives it, the readers' chains take from a queue each.
class SharedStream {
 public:
  explicit SharedStream(const std::vector<std::string>& readers);

  /// For a reader: waits until the stream is open. Throws what kept it from opening.
  std::unique_ptr<Extractor> open_for(const std::string& reader, Cancellation& cancellation);
  /// For a reader that ends, whether it ever opened the stream or not: it wants no more.
  void leave(const std::string& reader);

  /// For the driver: the columns are known.
  void opened(const Schema& schema);
  /// Hands a batch to every reader that still wants rows; false when none does.
  bool push(const Batch& batch);
  /// The stream ended, or failed, opened or not.
  void finish(const std::optional<Error>& failure);
  std::size_t byte_count() const;

 private:
  std::map<std::string, std::shared_ptr<BoundedQueue>> queues_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Schema> schema_;
  bool is_finished_ = false;
  std::optional<Error> failure_;
};

}  // namespace osiris
