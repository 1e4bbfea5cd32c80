#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "component/component.h"
#include "component/config.h"
#include "table/batch.h"

namespace osiris {

/// The config key `incremental: {cursor, key, lookback}` of a SQL extractor.
struct IncrementalOptions {
  std::string cursor;    ///< column whose values only grow: a time of change, a serial number
  std::string key;       ///< column that tells rows with the same cursor value apart
  std::string lookback;  ///< "10m", or a number for a numeric cursor; empty: none

  /// Nothing where the config has no such key.
  static std::optional<IncrementalOptions> of(const Config& config);
};

/// The rows of an incremental read, in the words of its dialect.
struct IncrementalSource {
  std::string select, from;  ///< what stands after SELECT and FROM; see rows_of_query()
  std::string cursor;        ///< an expression that sorts values so that equal ones are the same text
  std::string key;           ///< a quoted name
};

/// The words of a dialect for a value of the cursor's type.
class CursorDialect {
 public:
  virtual ~CursorDialect() = default;
  /// Errors: kUser "incremental.bound" where the text is no value of the type.
  virtual std::string literal(const ColumnType& cursor, const std::string& text) const = 0;
  /// The value so much earlier. Requires: a cursor of time.
  virtual std::string earlier(const std::string& literal, std::chrono::milliseconds time) const = 0;
};

/// "(query) AS osiris_rows". Requires: a bare statement.
std::string rows_of_query(std::string_view query);

/// The column that tells new rows.
/// Errors: kUser "incremental.unknown_column" where cursor or key is not among the columns,
///         "incremental.cursor_type" where its values do not grow: booleans, intervals, JSON, bytes.
const ColumnType& cursor_column(const IncrementalOptions& options, const Schema& schema);

/// SELECT … WHERE cursor IS NOT NULL AND cursor >= after … ORDER BY cursor, key. Rows at the mark's own value
/// come again, for some of them may be new; IncrementalFilter drops the others.
/// Errors: those of the dialect; kUser "incremental.lookback" where it is a time and the cursor is none, or
/// the other way round.
std::string incremental_statement(const IncrementalSource& source, const IncrementalOptions& options,
                                  const Window& window, const ColumnType& cursor,
                                  const CursorDialect& dialect);

/// Drops the rows that the mark has seen, and finds the next mark. Requires: rows come ordered by the cursor.
class IncrementalFilter {
 public:
  /// Errors: kUser "incremental.unknown_column" where the schema lacks cursor or key.
  IncrementalFilter(const IncrementalOptions& options, const Window& window, const Schema& schema);

  /// The batch without rows that were seen; nothing where none is left.
  std::optional<Batch> filter(const Batch& batch);
  /// The mark after the last row; where no row came, the one before. Nothing for bounds given by hand.
  std::optional<Mark> mark() const;

 private:
  std::string text(const Batch& batch, std::size_t column, std::size_t row) const;
  void move_mark(const Batch& batch);

  const Schema* schema_;
  bool is_by_hand_;
  std::size_t cursor_ = 0, key_ = 0;
  std::optional<Mark> before_, reached_;
  std::set<std::string, std::less<>> seen_;  ///< keys at the cursor value of the mark before
  bool is_past_mark_;
};

/// The rows of incremental_statement() without those that the mark has seen, and the next mark.
/// Errors: as IncrementalFilter().
std::unique_ptr<Extractor> read_incrementally(std::unique_ptr<Extractor> rows,
                                              const IncrementalOptions& options, const Window& window);

/// Makes `component` an extractor of a database: `Rows(config, context)` reads, and what the mark has seen is
/// left out where the step reads incrementally.
template <typename Rows>
void describe_row_extractor(Component& component, Preview (*preview)(const Config&, Context&)) {
  component.open_extractor = [](const Config& config, Context& context) -> std::unique_ptr<Extractor> {
    auto rows = std::make_unique<Rows>(config, context);
    const auto incremental = IncrementalOptions::of(config);
    if (!incremental) return rows;
    return read_incrementally(std::move(rows), *incremental, context.window());
  };
  component.preview = [preview](const Config& config, const std::vector<Component::InputSchema>&,
                                Context& context) { return preview(config, context); };
}

}  // namespace osiris
