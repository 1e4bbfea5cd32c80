#include "run/expected_total.h"

#include <algorithm>

namespace osiris {

namespace {

/// What is only guessed is never said to be done.
constexpr double kMostOfEstimate = 0.99;

double part(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

}  // namespace

void ExpectedTotal::expect(const Total& total, std::uint64_t bytes_before) {
  bytes_before_ = bytes_before;
  is_estimate_ = total.is_estimate;
  (total.unit == Total::Unit::kRows ? rows_ : bytes_) = total.count;
}

std::optional<Share> ExpectedTotal::share(std::uint64_t rows_read, std::uint64_t bytes_read) const {
  if (rows_ == 0 && bytes_ == 0 && row_limit_ == 0) return std::nullopt;
  const std::uint64_t before = bytes_before_;
  double told = std::max(part(rows_read, rows_), part(bytes_read - std::min(before, bytes_read), bytes_));
  const bool is_estimate = is_estimate_;
  if (is_estimate) told = std::min(told, kMostOfEstimate);
  const double limited = part(rows_read, row_limit_);
  if (row_limit_ != 0 && limited >= told) return Share{limited, false};
  return Share{told, is_estimate};
}

}  // namespace osiris
