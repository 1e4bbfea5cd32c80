#pragma once

#include <memory>
#include <optional>
#include <string>

#include "load/bad_rows.h"
#include "load/load_target.h"
#include "load/table_match.h"

namespace osiris {

/// Sends the rows of one transaction into one table: over one sink, where a bad row ends the load; where bad
/// rows are left out, piece by piece under savepoints, for only so the server tells which ones it refuses.
class RowSender {
 public:
  /// `match` and all others must outlive it.
  RowSender(LoadTarget& target, const Schema& schema, const TableMatch& match, bool leaves_out_bad_rows,
            BadRows& bad_rows);

  /// A transaction begins: its rows go into this table, a quoted name.
  void begin(std::string table, bool is_staged);
  /// Rows [begin, end) of the batch, of which the first is row `load_row` of the load.
  void send(const Batch& batch, std::size_t begin, std::size_t end, std::uint64_t load_row);
  /// Returns the rows that the server acknowledged since begin().
  std::uint64_t finish();
  /// Breaks off what is under way, if anything is.
  void break_off() noexcept { sink_.reset(); }

 private:
  std::unique_ptr<RowSink> open_sink(std::uint64_t load_row);
  void send_without_bad_rows(const Batch& batch, std::size_t begin, std::size_t end, std::uint64_t load_row);

  LoadTarget& target_;
  const Schema& schema_;
  const TableMatch& match_;
  bool leaves_out_bad_rows_;
  BadRows& bad_rows_;
  std::string table_;
  bool is_staged_ = false;
  std::unique_ptr<RowSink> sink_;
  std::uint64_t acknowledged_rows_ = 0;
};

}  // namespace osiris
