#include "load/bad_row_search.h"

namespace osiris {

namespace {

/// Returns why the server refused a row of them, or nothing where it took all.
std::optional<Error> attempt(const RowRangeWork& work, std::uint64_t begin, std::uint64_t end) {
  try {
    work.attempt(begin, end);
    return std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    return error;
  }
}

}  // namespace

void leave_out_bad_rows(LoadTarget& target, const RowRangeWork& work, std::uint64_t begin,
                        std::uint64_t end) {
  if (!target.has_savepoints()) {
    work.attempt(begin, end);
    return work.keep();
  }
  target.run("SAVEPOINT osiris_rows");
  const std::optional<Error> refusal = attempt(work, begin, end);
  if (refusal) target.run("ROLLBACK TO SAVEPOINT osiris_rows");
  // Kept savepoints would nest, one in the other, with every refused row.
  target.run("RELEASE SAVEPOINT osiris_rows");
  if (!refusal) return work.keep();
  if (end - begin == 1) return work.refuse(begin, *refusal);
  const std::uint64_t middle = begin + (end - begin) / 2;
  leave_out_bad_rows(target, work, begin, middle);
  leave_out_bad_rows(target, work, middle, end);
}

}  // namespace osiris
