#include "report/parts.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"

namespace osiris {

namespace {

constexpr std::size_t kMostColumns = 300;  ///< of a table of columns; the others are in the list of events

/// `port`: what the columns are, "out" or "in, from 'orders'".
std::string schema_table(const StepSchema& schema, const std::string& port, std::uint64_t rows) {
  const auto shown = std::span(schema.columns).first(std::min(schema.columns.size(), kMostColumns));
  const bool has_ranges =
      std::ranges::any_of(shown, [](const ColumnFacts& column) { return !column.min.empty(); });
  std::vector<std::string> header{"Column", "Type", "From", "Nulls"};
  if (has_ranges) header.insert(header.end(), {"Least", "Greatest"});
  std::vector<std::vector<std::string>> cells;
  for (const ColumnFacts& column : shown) {
    const double share =
        rows == 0 ? 0 : 100.0 * static_cast<double>(column.null_count) / static_cast<double>(rows);
    auto& row = cells.emplace_back();
    row = {isolated(column.name), escaped(column.type), isolated(column.source_type),
           column.null_count == 0 ? "0"
                                  : cat(with_thousands(column.null_count), " (", std::lround(share), " %)")};
    if (has_ranges) row.insert(row.end(), {isolated(column.min), isolated(column.max)});
  }
  const std::size_t left_out = schema.columns.size() - cells.size();
  return cat("<h3>Columns ", port, "</h3>", table(header, cells, {3, 4, 5}),
             left_out == 0 ? "" : cat("<p class=\"soft\">and ", with_thousands(left_out), " more</p>"));
}

/// What flowed in from each step that this one read, and what flowed out.
std::string schema_tables(const RunStory& story, const StepStory& step) {
  std::string out;
  for (const ManifestStep::Input& input : step.inputs) {
    const auto source = std::ranges::find(story.steps, input.step_id, &StepStory::id);
    if (source == story.steps.end()) continue;
    for (const StepSchema& schema : source->schemas)
      out += schema_table(schema, cat("in, from ", isolated(source->id)), source->rows_written);
  }
  for (const StepSchema& schema : step.schemas) out += schema_table(schema, "out", step.rows_written);
  return out;
}

std::string load_text(const StepStory& step) {
  if (!step.load) return {};
  std::string out = cat("<p>Table <b>", isolated(step.load->table), "</b>, ", escaped(step.load->write_mode),
                        ", by ", escaped(step.load->road), step.load->created ? "; the table was made" : "");
  if (step.complete && step.complete->rows_inserted) {
    out += cat(": ", with_thousands(*step.complete->rows_inserted), " inserted, ",
               with_thousands(step.complete->rows_updated.value_or(0)), " updated, ",
               with_thousands(step.complete->rows_unchanged.value_or(0)), " unchanged");
  }
  return out + "</p>";
}

std::string config_text(const StepStory& step) {
  std::string out;
  Json config = step.config;
  if (config.contains("query") && config["query"].is_string()) {
    out += cat("<h3>SQL</h3><pre class=\"wrap\">", escaped(config["query"].get<std::string>()), "</pre>");
    config.erase("query");
  }
  if (config.empty()) return out;
  constexpr int kIndent = 2;
  return cat(out, "<h3>Config</h3><pre class=\"wrap\">",
             escaped(config.dump(kIndent, ' ', false, Json::error_handler_t::replace)), "</pre>");
}

std::string step_details(const RunStory& story, const StepStory& step) {
  std::string out = cat("<details id=\"", step_anchor(story, step.id), "\"><summary><b>", isolated(step.id),
                        "</b> ", status_word(step.status), " <span class=\"soft\">", escaped(step.component),
                        " · ", with_thousands(step.rows_read), " in, ", with_thousands(step.rows_written),
                        " out · ", human_duration(step.duration_ms), "</span></summary><div>");
  std::vector<std::string> notes;
  if (!step.connection.empty())
    notes.push_back(cat("connection <code>", escaped(step.connection), "</code>"));
  if (!step.location.empty()) notes.push_back(cat("<code>", escaped(step.location), "</code>"));
  if (step.attempts > 1) notes.push_back(counted(step.attempts, "attempt"));
  if (step.busy_ms)
    notes.push_back(
        cat("worked ", human_duration(static_cast<std::int64_t>(*step.busy_ms + 0.5)), ", waited the rest"));
  if (step.bytes_read > 0)
    notes.push_back(cat(human_bytes(static_cast<std::uint64_t>(step.bytes_read)), " read"));
  if (step.bytes_written > 0)
    notes.push_back(cat(human_bytes(static_cast<std::uint64_t>(step.bytes_written)), " written"));
  if (!step.cancelled_because.empty()) notes.push_back(cat("cancelled: ", isolated(step.cancelled_because)));
  if (step.skipped_rows) {
    notes.push_back(
        cat(counted(*step.skipped_rows, "row"), " left out",
            step.quarantine.empty() ? "" : cat(", in <code>", escaped(step.quarantine), "</code>")));
  }
  out += cat("<p class=\"soft\">", join(notes, " · "), "</p>", load_text(step), config_text(step));
  out += schema_tables(story, step);
  return cat(out, "<div class=\"told\" data-step=\"", escaped(step.id), "\"></div></div></details>");
}

}  // namespace

std::string timeline_part(const RunStory& story) {
  if (story.steps.empty()) return {};
  std::string out =
      cat("<div class=\"scroll\" tabindex=\"0\">", draw_timeline(story),
          "</div><p class=\"key\"><i></i>worked<i class=\"waiting\"></i>waited<i class=\"edged\"></i>on the "
          "critical path</p>");
  if (const std::string graph = draw_graph(story); !graph.empty())
    out += cat("<h3>How the rows went</h3><div class=\"scroll\" tabindex=\"0\">", graph, "</div>");
  out += "<h3>Steps</h3>";
  for (const StepStory& step : story.steps) out += step_details(story, step);
  return out;
}

}  // namespace osiris
