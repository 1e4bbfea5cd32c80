#include <cmath>

#include "base/text.h"
#include "report/html.h"
#include "report/parts.h"
#include "report/pictures.h"

namespace osiris {

namespace {

constexpr std::size_t kMostCharacters = 120;  ///< of a value that is not the same

std::string percent_change(std::int64_t before, std::int64_t after) {
  if (before <= 0) return {};
  const auto percent = std::lround(100.0 * static_cast<double>(after - before) / static_cast<double>(before));
  if (percent == 0) return "same";
  return cat("<span class=\"", percent > 0 ? "up" : "down", "\">", percent > 0 ? "+" : "−", std::abs(percent),
             " %</span>");
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "<span class=\"soft\">none</span>";
  const std::string text = value.is_string() ? value.get<std::string>()
                                             : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return isolated(shortened(text, kMostCharacters));
}

std::string type_text(const std::string& type) {
  return type.empty() ? "<span class=\"soft\">none</span>" : escaped(type);
}

std::string step_table(const RunComparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  for (const StepComparison& step : comparison.steps) {
    auto& row = rows.emplace_back(6);
    row[0] = isolated(step.step_id);
    if (step.after) {
      row[1] = with_thousands(step.after->rows_written);
      row[3] = human_duration(step.after->duration_ms);
    }
    if (step.before) {
      row[2] = step.after && step.after->rows_written == step.before->rows_written
                   ? "same"
                   : with_thousands(step.before->rows_written);
      row[4] = human_duration(step.before->duration_ms);
    } else {
      row[2] = "new";
    }
    if (step.before && step.after) row[5] = percent_change(step.before->duration_ms, step.after->duration_ms);
  }
  return table({"Step", "Rows out", "Before", "Duration", "Before", "Change"}, rows, {1, 2, 3, 4, 5});
}

/// What is not the same but numbers: configs, columns, connections.
std::string change_table(const RunComparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  for (const StepComparison& step : comparison.steps) {
    for (const FieldChange& field : step.config)
      rows.push_back({isolated(step.step_id), cat("<code>", escaped(field.name), "</code>"),
                      value_text(field.before), value_text(field.after)});
    for (const ColumnChange& column : step.columns)
      rows.push_back({isolated(step.step_id), cat("column ", isolated(column.name)),
                      type_text(column.type_before), type_text(column.type_after)});
  }
  for (const ConnectionComparison& connection : comparison.connections) {
    for (const FieldChange& field : connection.fields)
      rows.push_back({escaped(connection.reference), cat("<code>", escaped(field.name), "</code>"),
                      value_text(field.before), value_text(field.after)});
  }
  if (rows.empty()) return {};
  return cat("<h3>What is not the same</h3>", table({"Where", "What", "Before", "Now"}, rows));
}

}  // namespace

std::string compare_part(const RunStory& story) {
  if (!story.comparison) return "<p class=\"soft\">No earlier run of this pipeline has succeeded.</p>";
  const RunComparison& comparison = *story.comparison;
  std::vector<SessionSummary> oldest_first(story.earlier.rbegin(), story.earlier.rend());
  oldest_first.push_back(story.detail.summary);
  return cat("<p>Against <code>", escaped(comparison.before.id),
             "</code>, the newest run before it that succeeded, with ",
             comparison.has_same_manifest() ? "the same" : "another", " manifest.</p>",
             draw_sparkline(oldest_first), "<p class=\"key\">Durations of this and earlier runs</p>",
             step_table(comparison), change_table(comparison));
}

}  // namespace osiris
