#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "component/component.h"

namespace osiris::filesystem {

/// Where a row begins: in which file, as lines count from 1 and bytes from 0.
struct RowPlace {
  std::string file;
  std::uint64_t line, byte_offset;

  /// "'in/a.csv' at line 3, byte 17".
  std::string shown() const;
};

/// Why a row is none.
struct RowProblem {
  std::string code;
  std::string column;  ///< empty: the row as a whole
  std::string text;
};

/// What `on_bad_row` and `max_bad_rows` say: the first bad row ends the run, or bad rows are left out,
/// counted and, where they are asked for, kept in the session's quarantine file with their original bytes.
class RefusedRows {
 public:
  /// `warning` is the code of what report() tells.
  RefusedRows(const Config& config, std::string_view warning, Context& context);

  /// Errors: kData with the problem's code, "file.too_many_bad_rows".
  void refuse(const RowPlace& place, const RowProblem& problem, std::string raw);
  /// At the end of the rows: tells how many were left out.
  void report();

 private:
  std::string policy_, warning_;
  std::uint64_t most_ = 0;  ///< 0: any number
  Context& context_;
  std::uint64_t count_ = 0;
  std::string first_;
};

}  // namespace osiris::filesystem
