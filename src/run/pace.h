#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace osiris {

/// How fast something goes at present, from what is told of it now and then: over the last ten seconds, so
/// that a source that slows down is seen soon, and one that works by fits and starts does not flicker.
class Pace {
 public:
  /// `share`: the part that is done, 0 to 1, where it is known. Rows that became fewer begin anew.
  void tell(std::int64_t at_us, std::uint64_t rows, std::optional<double> share);
  double rows_per_s() const;
  /// Time to the end at this pace; nothing while nobody can tell.
  std::optional<std::int64_t> left_ms() const;

 private:
  struct Sample {
    std::int64_t at_us;
    std::uint64_t rows;
    std::optional<double> share;
  };
  double elapsed_s() const;

  std::deque<Sample> samples_;
  Sample now_{};
};

}  // namespace osiris
