#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "component/component.h"
#include "load/load_options.h"
#include "load/load_target.h"

namespace osiris {

/// What `on_bad_row` says: the first bad row ends the load, or bad rows are left out, counted and, where they
/// are asked for, kept in the session's quarantine file.
///
/// A row that a piece of a load refuses is settled only once that piece is kept: a piece that the server
/// broke off is sent again, in parts.
class BadRows : public RowPolicy {
 public:
  BadRows(const LoadOptions& options, const Schema& schema, Context& context);

  /// Says which row of the load the first row of the batches to come is.
  void set_first_row(std::uint64_t first_row) { first_row_ = first_row; }

  /// Errors: the reason itself with row and value, where bad rows end the load; kData
  /// "load.too_many_bad_rows".
  void refuse(const Batch& batch, std::size_t row, std::optional<std::size_t> column,
              const Error& reason) override;
  /// A row that only the server has any more: its values are those of the staging table.
  void refuse_staged(std::uint64_t row, const std::vector<std::string>& names,
                     const std::vector<std::optional<std::string>>& values, const Error& reason);

  void keep_piece();
  void drop_piece() { piece_.clear(); }
  /// Rows that were left out, those of the piece under way included.
  std::uint64_t count() const { return kept_count_ + piece_.size(); }

 private:
  void leave_out(RefusedRow row);

  const LoadOptions& options_;
  const Schema& schema_;
  Context& context_;
  std::uint64_t first_row_ = 0, kept_count_ = 0;
  std::vector<RefusedRow> piece_;
};

}  // namespace osiris
