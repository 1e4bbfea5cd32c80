#pragma once

#include <cstdint>
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

/// What stands in the statement of an incremental read, in the words of its dialect.
struct IncrementalSql {
  std::string select, from;  ///< what stands after SELECT and FROM; see rows_of_query()
  std::string cursor, key;   ///< quoted names
  std::string after;         ///< operand of cursor >= …; empty: no such bound
  std::string before;        ///< operand of cursor < …; empty: no such bound
};

/// "(query) AS osiris_rows", without the query's own semicolon.
std::string rows_of_query(std::string_view query);

/// SELECT … WHERE cursor IS NOT NULL AND cursor >= after … ORDER BY cursor, key. Rows at the mark's own value
/// come again, for some of them may be new; IncrementalFilter drops the others.
std::string incremental_statement(const IncrementalSql& sql);

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

}  // namespace osiris
