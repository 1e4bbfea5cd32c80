#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "component/component.h"

namespace osiris {

/// The part of its work that a step has done.
struct Share {
  double value = 0;  ///< 0 to 1; never 1 where it is an estimate
  bool is_estimate = false;
};

/// How much a source is going to read. Told by the thread that reads, asked by one that watches.
class ExpectedTotal {
 public:
  /// `bytes_before`: what the step had read before this attempt.
  void expect(const Total& total, std::uint64_t bytes_before);
  void limit_rows(std::uint64_t rows) { row_limit_ = rows; }
  /// Nothing where no total is known. Of several the one that is nearer to its end counts.
  std::optional<Share> share(std::uint64_t rows_read, std::uint64_t bytes_read) const;

 private:
  std::atomic<std::uint64_t> rows_{0}, bytes_{0}, bytes_before_{0}, row_limit_{0};  ///< 0: not known
  std::atomic<bool> is_estimate_{false};
};

}  // namespace osiris
