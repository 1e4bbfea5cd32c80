#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "cli/terminal.h"
#include "session/run_comparison.h"

namespace osiris::cli {

namespace {

constexpr std::size_t kWidestValue = 36;

/// "+20 %"; nothing where there is no number to compare with, or where it is the same.
std::string percent(double before, double after) {
  if (before <= 0) return "";
  const auto change = static_cast<std::int64_t>(std::lround(100 * (after - before) / before));
  if (change == 0) return "";
  return cat(change > 0 ? "+" : "-", with_thousands(static_cast<std::uint64_t>(std::abs(change))), " %");
}

/// The value where both have the same, else both.
std::string both(const std::string& before, const std::string& after) {
  return before == after ? after : cat(before, " → ", after);
}

std::string duration_text(const std::optional<std::int64_t>& duration_ms) {
  return duration_ms ? human_duration(*duration_ms) : "";
}

std::string facts_text(const RunComparison& runs) {
  constexpr std::size_t kToSeconds = 19;
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const std::string& before, const std::string& after,
                       const std::string& change = "") {
    rows.push_back({name, before, after, change});
  };
  const SessionSummary &before = runs.before, &after = runs.after;
  add("pipeline", before.pipeline, after.pipeline);
  add("status", std::string(to_string(before.status)), std::string(to_string(after.status)));
  add("started", local_time(before.started_at_ms).substr(0, kToSeconds),
      local_time(after.started_at_ms).substr(0, kToSeconds));
  const bool have_ended = before.duration_ms && after.duration_ms;
  add("duration", duration_text(before.duration_ms), duration_text(after.duration_ms),
      have_ended ? percent(static_cast<double>(*before.duration_ms), static_cast<double>(*after.duration_ms))
                 : "");
  add("rows", with_thousands(before.total_rows), with_thousands(after.total_rows),
      percent(static_cast<double>(before.total_rows), static_cast<double>(after.total_rows)));
  const auto megabytes = [](double value) { return value > 0 ? cat(std::lround(value), " MB") : ""; };
  add("peak memory", megabytes(runs.peak_memory_mb_before), megabytes(runs.peak_memory_mb_after),
      percent(runs.peak_memory_mb_before, runs.peak_memory_mb_after));
  constexpr std::size_t kDigest = 19;
  add("manifest", runs.fingerprint_before.substr(0, kDigest), runs.fingerprint_after.substr(0, kDigest),
      runs.has_same_manifest() ? "the same" : "differs");
  return table_text({"", before.id, after.id, "CHANGE"}, rows, {});
}

/// A column of the table of steps, which is left out where both runs say the same throughout.
struct NumberColumn {
  const char* title;
  std::string (*text)(const StepNumbers&);
  bool always = false;
};

constexpr std::array<NumberColumn, 6> kNumberColumns{
    {{"STATUS", [](const StepNumbers& step) { return std::string(to_string(step.status)); }},
     {"ROWS IN", [](const StepNumbers& step) { return with_thousands(step.rows_read); }},
     {"ROWS OUT", [](const StepNumbers& step) { return with_thousands(step.rows_written); }, true},
     {"BYTES IN", [](const StepNumbers& step) { return human_bytes(step.bytes_read); }},
     {"BYTES OUT", [](const StepNumbers& step) { return human_bytes(step.bytes_written); }},
     {"DURATION", [](const StepNumbers& step) { return human_duration(step.duration_ms); }, true}}};

std::string cell_of(const StepComparison& step, const NumberColumn& column) {
  const std::string before = step.before ? column.text(*step.before) : "-";
  const std::string after = step.after ? column.text(*step.after) : "-";
  return both(before, after);
}

std::string steps_text(const RunComparison& runs) {
  if (runs.steps.empty()) return {};
  std::vector<std::string> header{"STEP"};
  std::vector<std::vector<std::string>> rows;
  for (const StepComparison& step : runs.steps) rows.push_back({step.step_id});
  for (const NumberColumn& column : kNumberColumns) {
    const bool differs = std::ranges::any_of(runs.steps, [&](const StepComparison& step) {
      return step.before && step.after && column.text(*step.before) != column.text(*step.after);
    });
    if (!differs && !column.always) continue;
    header.emplace_back(column.title);
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(cell_of(runs.steps[row], column));
  }
  header.emplace_back("CHANGE");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const StepComparison& step = runs.steps[row];
    const bool ran_twice = step.before && step.after;
    rows[row].push_back(ran_twice    ? percent(static_cast<double>(step.before->duration_ms),
                                               static_cast<double>(step.after->duration_ms))
                        : step.after ? "new"
                                     : "gone");
  }
  cut_to_fit(header, rows, 0);
  return cat("\n", table_text(header, rows, {header.size() - 1}));
}

/// A value on one line, with one blank where it has several or a line end; "-" where there is none.
std::string line_of(const Json& value) {
  if (value.is_null()) return "-";
  std::string line;
  for (const char c : value.is_string() ? value.get<std::string>() : canonical_json(value)) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t';
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

/// Both values, cut where they are long; what they begin with alike is left out then, for it says nothing.
std::pair<std::string, std::string> both_lines(const FieldChange& change) {
  constexpr std::size_t kKept = 8;
  std::string before = line_of(change.before), after = line_of(change.after);
  const bool is_long = display_width(before) > kWidestValue || display_width(after) > kWidestValue;
  std::size_t alike = static_cast<std::size_t>(std::ranges::mismatch(before, after).in1 - before.begin());
  if (is_long && alike > kKept) {
    // From a blank, so that no character and no word is torn.
    alike = before.rfind(' ', alike - kKept);
    if (alike != std::string::npos && alike > 0) {
      before = "…" + before.substr(alike + 1);
      after = "…" + after.substr(alike + 1);
    }
  }
  return {fit(before, kWidestValue), fit(after, kWidestValue)};
}

std::string fields_text(std::string_view title,
                        const std::vector<std::pair<std::string, FieldChange>>& changes) {
  if (changes.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto& [of, change] : changes) {
    auto [before, after] = both_lines(change);
    rows.push_back({of, change.name, std::move(before), std::move(after)});
  }
  const std::vector<std::string> header{std::string(title), "FIELD", "BEFORE", "AFTER"};
  cut_to_fit(header, rows, 3);
  return cat("\n", table_text(header, rows));
}

std::string config_text(const RunComparison& runs) {
  std::vector<std::pair<std::string, FieldChange>> changes;
  for (const StepComparison& step : runs.steps) {
    for (const FieldChange& change : step.config) changes.emplace_back(step.step_id, change);
  }
  return fields_text("CHANGED STEP", changes);
}

std::string connections_text(const RunComparison& runs) {
  std::vector<std::pair<std::string, FieldChange>> changes;
  for (const ConnectionComparison& connection : runs.connections) {
    for (const FieldChange& change : connection.fields) changes.emplace_back(connection.reference, change);
  }
  return fields_text("CONNECTION", changes);
}

std::string columns_text(const RunComparison& runs) {
  std::vector<std::vector<std::string>> rows;
  for (const StepComparison& step : runs.steps) {
    for (const ColumnChange& change : step.columns) {
      rows.push_back({step.step_id, change.port, change.name,
                      change.type_before.empty() ? "-" : change.type_before,
                      change.type_after.empty() ? "-" : change.type_after});
    }
  }
  if (rows.empty()) return {};
  return cat("\n", table_text({"COLUMNS OF", "PORT", "COLUMN", "BEFORE", "AFTER"}, rows));
}

std::string parity_text(const RunComparison& runs) {
  const auto parity = runs.parity();
  if (!parity) return {};
  std::string text = cat("\nparity: ", to_string(*parity), "\n");
  for (const OutputParity& output : runs.outputs) {
    if (output.parity == Parity::kVerified) continue;
    // The first difference tells; those that follow from it would hide it.
    return cat(text, "  step '", output.step_id, "': ", output.difference, "\n");
  }
  return text;
}

Answer compare(const Invocation& invocation) {
  const fs::path logs_folder = invocation.project().logs_folder();
  const auto detail = [&](const std::string& id) {
    return read_detail(logs_folder / find_session(logs_folder, id));
  };
  const RunComparison runs =
      compare_runs(detail(invocation.arguments()[0]), detail(invocation.arguments()[1]));
  Answer answer;
  answer.json = to_json(runs);
  answer.text = cat(facts_text(runs), steps_text(runs), config_text(runs), columns_text(runs),
                    connections_text(runs), parity_text(runs));
  return answer;
}

}  // namespace

std::vector<Command> log_compare_commands() {
  return {{"logs compare",
           "BEFORE AFTER",
           2,
           2,
           "Tell what differs between two runs: rows, times, config, columns, connections",
           {{"osiris logs compare run_1764200 run_1764300", "by the beginnings of their ids"}},
           {},
           compare}};
}

}  // namespace osiris::cli
