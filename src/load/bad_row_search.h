#pragma once

#include <cstdint>
#include <functional>

#include "load/load_target.h"

namespace osiris {

/// Work on a range of rows that may be undone and done again on a part of them.
struct RowRangeWork {
  /// Does it. Errors: kData where the server refuses a row of them.
  std::function<void(std::uint64_t begin, std::uint64_t end)> attempt;
  /// The last attempt stands.
  std::function<void()> keep;
  /// The server refuses this row, alone.
  std::function<void(std::uint64_t row, const Error& reason)> refuse;
};

/// Does the work on rows [begin, end), under a savepoint; where the server refuses some of them, on one half
/// and then the other, until the refused ones stand alone. Requires: a transaction; begin < end.
void leave_out_bad_rows(LoadTarget& target, const RowRangeWork& work, std::uint64_t begin, std::uint64_t end);

}  // namespace osiris
