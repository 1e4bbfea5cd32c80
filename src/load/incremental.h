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

/// How a dialect writes what an incremental read asks for.
struct IncrementalSql {
  std::string source;       ///< what stands after FROM: a quoted table, or "(query) AS rows"
  std::string select;       ///< the list after SELECT
  std::string cursor, key;  ///< quoted names
  /// The mark's value as an operand: 'text'; with the lookback taken off where there is one.
  std::string after, from, to;  ///< empty: no such bound
};

/// SELECT … WHERE cursor >= after … ORDER BY cursor, key: rows at the mark's own cursor value are read again,
/// for some of them may be new; IncrementalFilter drops the others.
std::string incremental_statement(const IncrementalSql& sql);

/// Drops the rows that the mark has seen, and finds the next mark. Rows must come ordered by the cursor.
class IncrementalFilter {
 public:
  /// `cursor` and `key` are indices into the schema. With a lookback or by-hand bounds nothing is dropped.
  IncrementalFilter(const Window& window, std::size_t cursor, std::size_t key, bool drops_seen_rows);

  /// The batch without rows that were seen; nothing where none is left.
  std::optional<Batch> filter(const Batch& batch, const Schema& schema);
  /// The mark after the last row; that of the window where no row came. Nothing for by-hand bounds.
  std::optional<Mark> mark() const;

 private:
  bool is_by_hand_, drops_seen_rows_;
  std::size_t cursor_, key_;
  std::optional<Mark> before_;
  std::set<std::string, std::less<>> seen_;
  std::optional<Mark> next_;
};

}  // namespace osiris
