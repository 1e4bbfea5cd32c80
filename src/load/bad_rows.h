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
/// A row that is refused while a piece of the load is sent counts once that piece is kept: a piece that the
/// server broke off comes again, in parts. Rows of the load count from 0 here, from 1 for people.
class BadRows : public RowPolicy {
 public:
  BadRows(const LoadOptions& options, const Schema& schema, Context& context)
      : options_(options), schema_(schema), context_(context) {}

  /// Rows that an earlier run left out count for max_bad_rows, and were told by its session.
  void count_earlier(std::uint64_t count) { count_ += count; }
  /// A transaction begins, at this row of the load.
  void begin_chunk(std::uint64_t first_row);
  /// A sink opens, at this row of the load.
  void begin_sink(std::uint64_t first_row) { rows_before_ = first_row; }
  /// A batch comes whose row `index` is this row of the load.
  void place_batch(std::uint64_t load_row, std::size_t index) { batch_begin_ = load_row - index; }

  /// Errors: the reason itself with the row's number, where bad rows end the load.
  void refuse(const Batch& batch, std::size_t row, std::optional<std::size_t> column,
              const Error& reason) override;
  /// A row that only the staging table has any more.
  void refuse_staged(std::uint64_t staged_row, const std::vector<std::string>& names,
                     const std::vector<std::optional<std::string>>& values, const Error& reason);
  std::uint64_t rows_before() const override { return rows_before_; }

  /// The rows refused since the last of these calls count. Errors: kData "load.too_many_bad_rows".
  void keep_piece();
  /// They come again.
  void drop_piece() { piece_.clear(); }

  std::uint64_t count() const { return count_; }
  std::uint64_t chunk_count() const { return chunk_count_; }

 private:
  struct Refused {
    std::uint64_t row;
    bool is_staged;
    RefusedRow facts;
  };

  std::uint64_t row_of_staged(std::uint64_t staged_row) const;
  void check_count() const;

  const LoadOptions& options_;
  const Schema& schema_;
  Context& context_;
  std::uint64_t count_ = 0, chunk_count_ = 0;
  std::uint64_t chunk_begin_ = 0, rows_before_ = 0;
  std::uint64_t batch_begin_ = 0;  ///< modulo 2^64, for a batch's first rows may be another chunk's
  std::vector<std::uint64_t> unstaged_rows_;  ///< of the chunk, ascending: the staging table never had them
  std::vector<Refused> piece_;
  std::string last_refusal_;
};

}  // namespace osiris
