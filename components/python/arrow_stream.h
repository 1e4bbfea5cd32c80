#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
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
  /// Takes rows [begin, end). Errors: those of decoding the batch; kData "arrow.too_large" beyond 2 GiB of
  /// texts.
  void add(const Batch& batch, std::size_t begin, std::size_t end);
  std::size_t row_count() const { return row_count_; }
  std::size_t byte_count() const;
  /// The rows gathered so far as one message; then begins anew.
  std::string batch_message();

 private:
  class Column;

  Schema schema_;
  std::vector<Column> columns_;
  std::size_t row_count_ = 0;
};

/// Reads the messages of a stream whose fields name our types. Nothing in them is trusted.
class ArrowReader {
 public:
  /// `next_message` gives one whole message, or nothing after the last one.
  /// Errors, here and in next(): kData "arrow.malformed", "arrow.unknown_type", "value.out_of_range",
  /// "value.invalid_utf8".
  explicit ArrowReader(std::function<std::optional<std::string>()> next_message);
  ArrowReader(const ArrowReader&) = delete;
  ArrowReader& operator=(const ArrowReader&) = delete;
  ~ArrowReader();

  const Schema& schema() const { return schema_; }
  std::optional<Batch> next();

 private:
  class Column;

  bool read_message();

  std::function<std::optional<std::string>()> next_message_;
  Schema schema_;
  std::string message_;
  std::vector<Column> columns_;
  std::size_t row_ = 0, row_count_ = 0;  ///< of the message
  bool is_over_ = false;
  std::uint64_t rows_before_ = 0;  ///< in earlier messages
  std::unique_ptr<BatchBuilder> builder_;
};

}  // namespace osiris::python
