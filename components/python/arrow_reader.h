#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

namespace osiris::python {

/// Reads the messages of a stream, as ArrowWriter describes it. Nothing in them is trusted.
class ArrowReader {
 public:
  /// Puts the next record batch in the place of the message before, whose memory may serve again; false
  /// after the last one.
  using NextMessage = std::function<bool(std::string& message)>;

  /// Errors, here and in next(): kData "arrow.malformed", "arrow.unknown_type", "value.out_of_range",
  /// "value.invalid_utf8".
  ArrowReader(std::string_view schema_message, NextMessage next_message);
  ArrowReader(const ArrowReader&) = delete;
  ArrowReader& operator=(const ArrowReader&) = delete;
  ~ArrowReader();

  const Schema& schema() const { return schema_; }
  std::optional<Batch> next();

 private:
  class Column;

  bool read_message();

  NextMessage next_message_;
  Schema schema_;
  std::string message_;
  std::vector<Column> columns_;
  std::size_t row_ = 0, row_count_ = 0;  ///< of the message
  bool is_over_ = false;
  std::uint64_t rows_before_ = 0;  ///< in earlier messages
  std::unique_ptr<BatchBuilder> builder_;
};

}  // namespace osiris::python
