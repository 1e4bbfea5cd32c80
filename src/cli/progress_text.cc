#include "cli/progress_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"

namespace osiris::cli {

namespace {

constexpr std::size_t kLineSteps = 3;
constexpr std::size_t kWidestName = 32;
constexpr std::size_t kStatusColumns = 9;  // "cancelled"

/// What is told of a step, in the order in which it stands in a line.
enum Cell : std::size_t { kRows, kRate, kBytes, kElapsed, kPercent, kLeft, kMemory, kCellCount };
using Cells = std::array<std::string, kCellCount>;

/// What a narrow terminal goes without, first to last.
constexpr std::array kDispensable{kMemory, kBytes, kElapsed, kLeft, kRate, kPercent, kRows};
/// Wide enough for most values, so that lines do not jump from side to side as they grow.
constexpr std::array<std::size_t, kCellCount> kLeastColumns{14, 9, 9, 6, 4, 10, 7};

std::string megabytes(double value) {
  return value < 0.05 ? ""
                      : cat(static_cast<std::int64_t>(std::lround(value * 10)) / 10, ".",
                            std::lround(value * 10) % 10, " MB");
}

std::string percent_text(const Share& share) {
  return cat(share.is_estimate ? "~" : "", std::lround(std::floor(share.value * 100)), "%");
}

/// "17 s left"; whole seconds, for nobody can guess better.
std::string left_text(const StepProgress& step) {
  if (!step.left_ms || !step.share) return {};
  const std::int64_t seconds = (*step.left_ms + 999) / 1000;
  const std::string time = seconds < 60 ? cat(seconds, " s") : human_duration(seconds * 1000);
  return cat(step.share->is_estimate ? "~" : "", time, " left");
}

std::string rate_text(const StepProgress& step) {
  return cat(with_thousands(static_cast<std::uint64_t>(std::llround(step.rows_per_s))), "/s");
}

Cells cells_of(const StepProgress& step) {
  Cells cells;
  cells[kRows] = cat(with_thousands(step.rows()), " rows");
  if (step.rows() > 0) cells[kRate] = rate_text(step);
  if (step.bytes() > 0) cells[kBytes] = human_bytes(step.bytes());
  cells[kElapsed] = human_duration(step.elapsed_ms);
  if (step.share) cells[kPercent] = percent_text(*step.share);
  cells[kLeft] = left_text(step);
  cells[kMemory] = megabytes(step.memory_mb);
  return cells;
}

std::size_t count_of(const std::vector<StepProgress>& steps, bool (StepProgress::*is)() const) {
  return static_cast<std::size_t>(
      std::count_if(steps.begin(), steps.end(), [&](const StepProgress& step) { return (step.*is)(); }));
}

std::string run_words(const RunView& view, const std::string& name) {
  const std::size_t running = count_of(view.steps, &StepProgress::is_running);
  const std::size_t waiting = count_of(view.steps, &StepProgress::is_waiting);
  if (!view.phase.empty()) return cat(name, "  ", human_duration(view.elapsed_ms), "  ", view.phase);
  std::string line = cat(name, "  ", human_duration(view.elapsed_ms), "  ",
                         view.steps.size() - running - waiting, " of ", view.steps.size(), " steps done");
  if (waiting > 0) line += cat(", ", waiting, " waiting");
  return cat(line, "  ", megabytes(view.memory_mb));
}

/// Whether the one step has more right to a line than the other: what runs, then what failed, then the rest;
/// of equal ones the busier.
bool comes_before(const StepProgress* a, const StepProgress* b) {
  const auto rank = [](const StepProgress& step) {
    if (step.is_running()) return 0;
    return step.status == SessionStatus::kFailed ? 1 : 2;
  };
  if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
  return a->rows_per_s > b->rows_per_s;
}

/// The steps that have begun, or those of them that fit, in the order of the manifest.
std::vector<const StepProgress*> chosen_steps(const RunView& view, std::size_t most) {
  std::vector<const StepProgress*> steps;
  for (const StepProgress& step : view.steps) {
    if (!step.is_waiting()) steps.push_back(&step);
  }
  if (steps.size() <= most) return steps;
  std::stable_sort(steps.begin(), steps.end(), comes_before);
  steps.resize(most == 0 ? 0 : most - 1);
  std::sort(steps.begin(), steps.end());
  return steps;
}

/// "and 12 more: 3 running, 9 done".
std::string more_line(const RunView& view, const std::vector<const StepProgress*>& shown) {
  const auto is_running = [](const StepProgress* step) { return step->is_running(); };
  const auto shown_running = static_cast<std::size_t>(std::count_if(shown.begin(), shown.end(), is_running));
  const std::size_t running = count_of(view.steps, &StepProgress::is_running) - shown_running;
  const std::size_t begun = view.steps.size() - count_of(view.steps, &StepProgress::is_waiting);
  const std::size_t done = begun - shown.size() - running;
  std::vector<std::string> parts;
  if (running > 0) parts.push_back(cat(running, " running"));
  if (done > 0) parts.push_back(cat(done, " done"));
  return cat("and ", running + done, " more: ", join(parts, ", "));
}

/// Lines of steps, all with the same columns.
class StepLines {
 public:
  StepLines(const std::vector<const StepProgress*>& steps, std::size_t columns) : columns_(columns) {
    widths_ = kLeastColumns;
    for (const StepProgress* step : steps) {
      rows_.push_back({step, cells_of(*step)});
      name_columns_ = std::max(name_columns_, display_width(step->step_id));
      for (std::size_t cell = 0; cell < kCellCount; ++cell)
        widths_[cell] = std::max(widths_[cell], display_width(rows_.back().cells[cell]));
    }
    name_columns_ = std::min({name_columns_, kWidestName, std::max<std::size_t>(columns / 3, 8)});
    for (const Cell cell : kDispensable) {
      if (width() <= columns) break;
      widths_[cell] = 0;
    }
  }

  std::vector<std::string> lines(bool has_colour) const {
    std::vector<std::string> lines;
    for (const Row& row : rows_) {
      const std::string status(to_string(row.step->status));
      std::string line = cat(fill(status, kStatusColumns), "  ", fill(row.step->step_id, name_columns_));
      for (std::size_t cell = 0; cell < kCellCount; ++cell) {
        if (widths_[cell] == 0) continue;
        line += cat(std::string(widths_[cell] - display_width(row.cells[cell]) + 2, ' '), row.cells[cell]);
      }
      line = fit(line.substr(0, line.find_last_not_of(' ') + 1), columns_);
      if (has_colour && line.starts_with(status)) line = painted(status) + line.substr(status.size());
      lines.push_back(std::move(line));
    }
    return lines;
  }

 private:
  struct Row {
    const StepProgress* step;
    Cells cells;
  };

  std::size_t width() const {
    std::size_t columns = kStatusColumns + 2 + name_columns_;
    for (const std::size_t cell : widths_) columns += cell == 0 ? 0 : cell + 2;
    return columns;
  }

  std::size_t columns_;
  std::size_t name_columns_ = 0;
  std::array<std::size_t, kCellCount> widths_{};
  std::vector<Row> rows_;
};

std::string step_words(const StepProgress& step) {
  std::vector<std::string> words{cat(with_thousands(step.rows()), " rows"), rate_text(step)};
  if (step.share) words.push_back(percent_text(*step.share));
  if (const std::string left = left_text(step); !left.empty()) words.push_back(left);
  return cat(step.step_id, " ", join(words, ", "));
}

double rounded(double value) { return std::round(value * 10) / 10; }

Json json_of(const RunView& view, Json step_id, const StepProgress& step) {
  Json json{{"ts", iso8601(view.at_ms)},
            {"session", view.session},
            {"step_id", std::move(step_id)},
            {"status", to_string(step.status)},
            {"rows_read", step.rows_read},
            {"rows_written", step.rows_written},
            {"rows_per_s", rounded(step.rows_per_s)},
            {"bytes_read", step.bytes_read},
            {"bytes_written", step.bytes_written},
            {"elapsed_ms", step.elapsed_ms},
            {"percent", nullptr},
            {"is_estimate", step.share && step.share->is_estimate},
            {"eta_ms", nullptr},
            {"memory_mb", rounded(step.memory_mb)}};
  if (step.share) json["percent"] = std::floor(step.share->value * 1000) / 10;
  if (step.left_ms) json["eta_ms"] = *step.left_ms;
  return json;
}

}  // namespace

std::vector<std::string> progress_block(const RunView& view, const Terminal::Size& size, bool has_colour) {
  // The cursor has the last line.
  const std::size_t room = size.lines < 3 ? 0 : size.lines - 2;
  const std::string name = fit(view.pipeline, std::max<std::size_t>(size.columns / 3, 8));
  std::vector<std::string> lines{fit(cat(run_words(view, name), "  ", view.session), size.columns)};
  const std::vector<const StepProgress*> steps = chosen_steps(view, room);
  for (std::string& line : StepLines(steps, size.columns).lines(has_colour)) lines.push_back(std::move(line));
  const bool is_whole = steps.size() + count_of(view.steps, &StepProgress::is_waiting) == view.steps.size();
  if (!is_whole && room > 0) lines.push_back(fit(more_line(view, steps), size.columns));
  return lines;
}

std::string progress_line(const RunView& view) {
  std::vector<const StepProgress*> running;
  for (const StepProgress& step : view.steps) {
    if (step.is_running()) running.push_back(&step);
  }
  // Those that tell when it will be over, then the busiest.
  std::stable_sort(running.begin(), running.end(), comes_before);
  std::stable_partition(running.begin(), running.end(),
                        [](const StepProgress* step) { return step->share.has_value(); });
  std::string line = run_words(view, fit(view.pipeline, kWidestName));
  for (std::size_t index = 0; index < running.size() && index < kLineSteps; ++index)
    line += cat(index == 0 ? "  " : "; ", step_words(*running[index]));
  if (running.size() > kLineSteps) line += cat("; and ", running.size() - kLineSteps, " more");
  return line;
}

Json progress_json(const RunView& view, const StepProgress& step) {
  return json_of(view, step.step_id, step);
}

Json progress_json(const RunView& view) {
  StepProgress all;
  all.status = view.status;
  for (const StepProgress& step : view.steps) {
    if (step.role == Role::kExtractor) all.rows_read += step.rows_read;
    if (step.role == Role::kWriter) all.rows_written += step.rows_written;
    all.bytes_read += step.bytes_read;
    all.bytes_written += step.bytes_written;
  }
  all.elapsed_ms = view.elapsed_ms;
  if (all.elapsed_ms > 0)
    all.rows_per_s = static_cast<double>(all.rows_read) * 1000 / static_cast<double>(all.elapsed_ms);
  all.memory_mb = view.memory_mb;
  return json_of(view, nullptr, all);
}

}  // namespace osiris::cli
