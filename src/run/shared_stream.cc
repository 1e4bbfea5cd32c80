#include "run/shared_stream.h"

namespace osiris {

namespace {

/// One reader's way through spooled rows.
class SpooledStream : public Extractor {
 public:
  SpooledStream(Schema schema, std::unique_ptr<Spool::Reader> rows)
      : schema_(std::move(schema)), rows_(std::move(rows)) {}
  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override { return rows_->next(); }

 private:
  Schema schema_;
  std::unique_ptr<Spool::Reader> rows_;
};

}  // namespace

SharedStream::SharedStream(const std::vector<std::string>& readers, bool is_spooled)
    : is_spooled_(is_spooled) {
  for (const std::string& reader : readers) queues_.emplace(reader, std::make_shared<BoundedQueue>());
}

std::unique_ptr<Extractor> SharedStream::open_for(const std::string& reader, Cancellation& cancellation) {
  const auto hook = cancellation.on_cancel([this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [&] { return is_finished_ || (schema_ && !is_spooled_) || cancellation.is_cancelled(); });
  cancellation.check();
  if ((!schema_ || is_spooled_) && failure_) throw Error(*failure_);
  invariant(schema_.has_value(), "a shared stream that ended without a failure was open");
  const Schema schema = *schema_;
  lock.unlock();
  if (is_spooled_) return std::make_unique<SpooledStream>(schema, spool_->read(cancellation));
  return std::make_unique<QueuedStream>(schema, queues_.at(reader), cancellation);
}

void SharedStream::leave(const std::string& reader) { queues_.at(reader)->abandon(); }

void SharedStream::opened(const Schema& schema) {
  const std::lock_guard lock(mutex_);
  schema_ = schema;
  changed_.notify_all();
}

void SharedStream::spool(Extractor& source, const SqlOptions& options) {
  spool_ = std::make_unique<Spool>(source.schema(), options);
  spool_->fill([&source] { return source.next(); });
}

bool SharedStream::push(const Batch& batch) {
  bool is_wanted = false;
  for (auto& [reader, queue] : queues_) is_wanted = queue->push(batch) || is_wanted;
  return is_wanted;
}

void SharedStream::finish(const std::optional<Error>& failure) {
  for (auto& [reader, queue] : queues_) queue->finish(failure);
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  failure_ = failure;
  changed_.notify_all();
}

std::size_t SharedStream::byte_count() const {
  std::size_t bytes = 0;
  for (const auto& [reader, queue] : queues_) bytes += queue->byte_count();
  return bytes;
}

}  // namespace osiris
