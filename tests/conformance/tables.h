// Tables of every kind that a component must carry, and their rows as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "table/batch.h"

namespace osiris::conformance {

struct Table {
  Schema schema;
  std::vector<Batch> batches;
};

/// A row's values as they are printed; nothing where they are null.
using Row = std::vector<std::optional<std::string>>;

/// A column of each logical type, nullable; decimals of each width, and one that has no native form.
Schema every_type();
/// Rows of a schema of every_type(): extremes, ordinary values and nulls, all of them from 8 rows on.
Table typed_table(const Schema& schema, std::size_t row_count);
/// Whole numbers in so many columns.
Table wide_table(std::size_t column_count, std::size_t row_count);
/// Texts that a format could take for something else: quotes, separators, line breaks, beyond the BMP.
Table text_table();

std::vector<Row> rows_of(const Table& table);
/// Reads a stream to its end; each batch within the bounds of a batch.
Table read_all(Extractor& stream);

/// Hands out a table's batches, then ends; or goes on for ever, or fails after them.
class TableStream : public Extractor {
 public:
  enum class End { kEnds, kRepeats, kFails };

  explicit TableStream(Table table, End end = End::kEnds) : table_(std::move(table)), end_(end) {}
  const Schema& schema() const override { return table_.schema; }
  std::optional<Batch> next() override;

 private:
  Table table_;
  End end_;
  std::size_t at_ = 0;
};

}  // namespace osiris::conformance
