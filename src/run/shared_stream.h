#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/spool.h"
#include "run/streams.h"

namespace osiris {

/// A stream that several steps read: one chain drives it, the readers' chains take from a queue each. Where
/// readers meet again, the rows are spooled: kept whole before anybody reads.
class SharedStream {
 public:
  SharedStream(const std::vector<std::string>& readers, bool is_spooled);

  bool is_spooled() const { return is_spooled_; }
  /// For a reader: waits until the stream is open, or all its rows are there. Throws what kept it from that.
  std::unique_ptr<Extractor> open_for(const std::string& reader, Cancellation& cancellation);
  /// For a reader that ends, whether it ever opened the stream or not: it wants no more.
  void leave(const std::string& reader);

  /// For the driver: the columns are known.
  void opened(const Schema& schema);
  /// Of a spooled stream: takes all rows.
  void spool(Extractor& source, const SqlOptions& options);
  /// Hands a batch to every reader that still wants rows; false when none does.
  bool push(const Batch& batch);
  /// The stream ended, or failed, opened or not.
  void finish(const std::optional<Error>& failure);
  std::size_t byte_count() const;

 private:
  bool is_spooled_;
  std::unique_ptr<Spool> spool_;
  std::map<std::string, std::shared_ptr<BoundedQueue>> queues_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Schema> schema_;
  bool is_finished_ = false;
  std::optional<Error> failure_;
};

}  // namespace osiris
