#pragma once

#include <string>
#include <utility>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

/// Rows as messages of Arrow's IPC streaming format, version 5, little-endian, without compression.
/// Source: arrow.apache.org, "Arrow Columnar Format"; Message.fbs and Schema.fbs of format version 1.
///
/// Types are Arrow's own: Bool, Int, FloatingPoint, Decimal of 128 bits (to 38 digits), Date in days, Time
/// and Timestamp in microseconds, Utf8, Binary, FixedSizeBinary of 16 bytes for UUIDs. A wider decimal, a
/// hugeint, an interval and JSON are Utf8. Each field's metadata names our type: "osiris:type".
namespace osiris::python {

/// Gathers batches and prints them as one record batch.
class ArrowWriter {
 public:
  explicit ArrowWriter(const Schema& schema);
  ArrowWriter(ArrowWriter&&) noexcept;
  ~ArrowWriter();

  /// The message that begins a stream.
  std::string schema_message() const;
  /// The batch whose rows come next, decoded once for all its parts; it outlives the last add() of them.
  /// Errors: those of decoding.
  void look_at(const Batch& batch);
  /// Takes rows [begin, end) of it. Errors: kData "arrow.too_large" beyond 2 GiB of texts,
  /// "value.invalid_utf8".
  void add(std::size_t begin, std::size_t end);
  std::size_t row_count() const { return row_count_; }
  std::size_t byte_count() const;
  /// The rows gathered so far as one message; then begins anew. The memory of `used` serves again.
  std::string batch_message(std::string used = {});

 private:
  class Column;

  Schema schema_;
  std::vector<Column> columns_;
  std::size_t row_count_ = 0;
};

}  // namespace osiris::python
