#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/load_target.h"
#include "load/table_match.h"
#include "mysql/type_verdicts.h"
#include "table/batch.h"

namespace osiris::mysql {

/// Room for texts that stay where they are until clear().
class TextArena {
 public:
  /// `size` bytes that may be written; what was not kept is given out again.
  char* room(std::size_t size);
  /// Keeps what was written from the last room() up to `end`.
  std::string_view keep(const char* end);
  void clear();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0, used_ = 0;
};

/// A value as it is sent, or nothing for NULL. Lives as long as the batch and the arena do.
using Cell = std::optional<std::string_view>;

/// Turns the values of one column into cells.
class CellEncoder {
 public:
  /// `is_key`: of a staged row, which cannot be found again by a null.
  CellEncoder(const ColumnType& source, const MatchedColumn& match, bool is_key);

  Fit encode(const ColumnView& column, std::size_t row, TextArena& arena, Cell& cell) const;
  /// What to tell of a value that encode() did not let pass.
  Error misfit(Fit fit, const ColumnView& column, std::size_t row) const;
  std::size_t source() const { return source_; }

 private:
  Fit encode_value(const ColumnView& column, std::size_t row, TextArena& arena, std::string_view& text) const;
  std::string_view text_of(const ColumnView& column, std::size_t row, TextArena& arena) const;

  std::size_t source_;
  ColumnType type_;
  TargetColumn target_;
  Passage passage_;
  bool is_key_;
};

/// One row after the other: a cell for each matched column, and last, for a staging table, the row's number.
class RowEncoder {
 public:
  RowEncoder(const Schema& schema, const TableMatch& match, const std::vector<std::string>& key,
             std::optional<std::uint64_t> first_staged_row, RowPolicy& policy);

  std::size_t cell_count() const { return encoders_.size() + (next_staged_row_ ? 1U : 0U); }
  /// The row's cells, which live until clear(), as does the row's batch; nothing where the policy left the
  /// row out.
  std::optional<std::span<const Cell>> encode(const Batch& batch, std::size_t row);
  void clear() { arena_.clear(); }

 private:
  std::vector<CellEncoder> encoders_;
  std::optional<std::uint64_t> next_staged_row_;
  RowPolicy* policy_;
  TextArena arena_;
  std::vector<Cell> cells_;
};

}  // namespace osiris::mysql
