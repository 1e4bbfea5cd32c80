#pragma once

#include <string>
#include <vector>

#include "component/component.h"
#include "component/config.h"
#include "sqlite/connection.h"
#include "sqlite/row_reader.h"

namespace osiris::sqlite {

/// One statement and what it gives.
struct Source {
  /// Asks the database for the columns of the config's `query`, or `table` with `columns` and `where`; the
  /// statement is not run yet. The connection is one that only reads from here on. The window counts where
  /// the config has `incremental`. Errors: kUser "query.*", "incremental.*", "config.invalid" for `types`
  /// that the columns do not have.
  Source(const Config& config, const Window& window, Connection& connection);

  std::string statement;
  std::vector<SourceColumn> columns;
};

}  // namespace osiris::sqlite
