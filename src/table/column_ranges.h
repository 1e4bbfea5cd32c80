#pragma once

#include <string>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// The least and the greatest value of each column of numbers, dates, times or timestamps, of all the batches
/// that were added. Texts have no range: which of them comes first says little, and may be nobody's business.
class ColumnRanges {
 public:
  explicit ColumnRanges(const Schema& schema);
  ColumnRanges(const ColumnRanges&) = delete;
  ColumnRanges& operator=(const ColumnRanges&) = delete;

  /// Rows that nobody decoded are not decoded for this; from then on no column has a range.
  void add(const Batch& batch);

  struct Range {
    std::string least, greatest;  ///< as they print; empty where there is no value, or none was looked at
  };
  Range range(std::size_t column) const;

 private:
  /// A value of native encoding, or the text of one.
  struct Value {
    alignas(16) char bytes[16] = {};
    std::string text;
  };
  struct Tracker {
    const ColumnType* type;
    bool has_values = false;
    Value least, greatest;
  };

  template <typename T>
  static void add_native(Tracker& tracker, const ColumnView& column, std::size_t row_count);
  static void add_texts(Tracker& tracker, const ColumnView& column, std::size_t row_count);
  static void add_column(Tracker& tracker, const ColumnView& column, std::size_t row_count);

  Schema schema_;
  std::vector<Tracker> trackers_;
  bool is_blind_ = false;
};

}  // namespace osiris
