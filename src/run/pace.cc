#include "run/pace.h"

namespace osiris {

namespace {

constexpr std::int64_t kWindowUs = 10'000'000;
constexpr std::int64_t kSampleEveryUs = 500'000;
/// Sooner than this, what is left of hours would be guessed from the first batch.
constexpr double kLeastForAGuessSeconds = 1.0;

}  // namespace

void Pace::tell(std::int64_t at_us, std::uint64_t rows, std::optional<double> share) {
  if (!samples_.empty() && rows < now_.rows) samples_.clear();
  now_ = {at_us, rows, share};
  if (samples_.empty() || at_us - samples_.back().at_us >= kSampleEveryUs) samples_.push_back(now_);
  while (samples_.size() > 1 && at_us - samples_[1].at_us >= kWindowUs) samples_.pop_front();
}

double Pace::elapsed_s() const {
  return samples_.empty() ? 0 : static_cast<double>(now_.at_us - samples_.front().at_us) / 1e6;
}

double Pace::rows_per_s() const {
  const double elapsed = elapsed_s();
  return elapsed <= 0 ? 0 : static_cast<double>(now_.rows - samples_.front().rows) / elapsed;
}

std::optional<std::int64_t> Pace::left_ms() const {
  const double elapsed = elapsed_s();
  if (elapsed < kLeastForAGuessSeconds || !now_.share || !samples_.front().share) return std::nullopt;
  const double advance = *now_.share - *samples_.front().share;
  if (advance <= 0) return std::nullopt;
  return static_cast<std::int64_t>((1 - *now_.share) * elapsed / advance * 1000);
}

}  // namespace osiris
