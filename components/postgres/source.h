#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/component.h"
#include "component/config.h"
#include "postgres/column.h"
#include "postgres/connection.h"
#include "postgres/row_stream.h"

namespace osiris::postgres {

/// "schema.table" or "table" as quoted names. Errors: kUser "query.invalid_table".
std::string quoted_table(std::string_view text);

/// One statement and what it gives.
class Source {
 public:
  /// Asks the server for the columns of the config's `query` or `table`; nothing is run yet. The window
  /// counts where the config has `incremental`. Errors: kUser "query.*", "incremental.*".
  Source(const Config& config, const Window& window, Connection& connection);

  const std::vector<ColumnPlan>& columns() const { return columns_; }
  /// Runs the statement. The connection does nothing else until the stream's end.
  std::unique_ptr<RowStream> open(Connection& connection) const;
  /// What the server last counted in the config's `table`; nothing where it never did, or for a query.
  std::optional<std::uint64_t> counted_rows() const { return counted_rows_; }
  /// What the server's planner expects.
  std::optional<std::uint64_t> estimated_rows(Connection& connection) const;

 private:
  /// The statement with the values that only the server can print cast to text.
  std::string castable_statement() const;

  std::string statement_;
  bool is_copied_;  ///< COPY can wrap it
  std::vector<ColumnPlan> columns_;
  std::optional<std::uint64_t> counted_rows_;
};

}  // namespace osiris::postgres
