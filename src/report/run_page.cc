#include "report/run_page.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <zlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"

namespace osiris {

namespace {

constexpr std::size_t kNearbyEvents = 6;
constexpr std::size_t kMostWarnings = 20;

/// Outside text, which keeps its direction to itself.
std::string isolated(std::string_view text) { return cat("<bdi>", escaped(text), "</bdi>"); }

std::string status_word(SessionStatus status) {
  return cat("<span class=\"status ", to_string(status), "\">", to_string(status), "</span>");
}

std::string fact(const std::string& name, const std::string& value, const std::string& more = {}) {
  return cat("<div><dt>", name, "</dt><dd>", value, more.empty() ? "" : cat("<small>", more, "</small>"),
             "</dd></div>");
}

/// `numbers`: the columns that are set to the right.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& numbers = {}) {
  const auto kind = [&](std::size_t column) {
    return std::ranges::find(numbers, column) == numbers.end() ? "" : " class=\"right\"";
  };
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (std::size_t column = 0; column < header.size(); ++column)
    out += cat("<th scope=\"col\"", kind(column), ">", header[column], "</th>");
  out += "</tr></thead><tbody>";
  for (const auto& cells : rows) {
    out += "<tr>";
    for (std::size_t column = 0; column < cells.size(); ++column)
      out += cat("<td", kind(column), ">", cells[column], "</td>");
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  if (body.empty()) return {};
  return cat("<section id=\"", id, "\" aria-labelledby=\"", id, "-title\"><h2 id=\"", id, "-title\">", title,
             "</h2>", body, "</section>");
}

std::int64_t median(std::vector<std::int64_t> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// "12 % faster than the median of 5 runs".
std::string against_median(const RunStory& story) {
  std::vector<std::int64_t> durations;
  for (const SessionSummary& run : story.earlier) {
    if (run.status == SessionStatus::kSuccess && run.duration_ms) durations.push_back(*run.duration_ms);
  }
  if (durations.empty() || !story.detail.summary.duration_ms) return {};
  const std::int64_t usual = std::max<std::int64_t>(median(durations), 1);
  const auto percent = static_cast<int>(std::lround(
      100.0 * static_cast<double>(*story.detail.summary.duration_ms - usual) / static_cast<double>(usual)));
  const std::string of =
      cat("the median of ", counted(durations.size(), "earlier run"), ", ", human_duration(usual));
  if (percent == 0) return cat("as ", of);
  return cat(std::abs(percent), " % ", percent < 0 ? "faster" : "slower", " than ", of);
}

/// The command that does the same again; a pipeline's name may be anything, its file is what is run.
std::string repeat_command(const RunStory& story) {
  if (story.manifest && !story.manifest->steps.empty()) {
    const std::string file = Location::parse(story.manifest->steps.front().location).file;
    if (!file.empty()) return cat("osiris run ", file, story.is_remote() ? " --e2b" : "");
  }
  return cat("osiris run ", story.detail.summary.manifest);
}

std::uint64_t rows_in(const RunStory& story) {
  std::uint64_t rows = 0;
  for (const StepStory& step : story.steps) rows += step.role == "extractor" ? step.rows_read : 0;
  return rows;
}

std::string facts(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string out = "<dl class=\"facts\">";
  out += fact("Duration", summary.duration_ms ? human_duration(*summary.duration_ms) : "not over",
              against_median(story));
  out += fact("Rows in", with_thousands(rows_in(story)));
  out += fact("Rows out", with_thousands(summary.total_rows));
  out += fact("Steps",
              cat(summary.steps_ok, " of ", std::max<std::uint64_t>(summary.steps_total, story.steps.size())),
              "succeeded");
  if (story.detail.peak_memory_mb > 0)
    out += fact("Peak memory", cat(static_cast<std::int64_t>(story.detail.peak_memory_mb + 0.5), " MB"));
  out += fact("Started", escaped(local_time(summary.started_at_ms).substr(0, 19)));
  if (story.start && !story.start->fingerprint.empty())
    out += fact("Manifest", cat("<code>", escaped(story.start->fingerprint.substr(0, 19)), "…</code>"));
  if (story.start) out += fact("Made by", escaped(story.start->version));
  return out + "</dl>";
}

std::string excerpt_text(const Excerpt& excerpt) {
  std::string out = "<pre>";
  for (std::size_t index = 0; index < excerpt.lines.size(); ++index) {
    const std::size_t number = excerpt.first_line + index;
    const std::string prefix = cat(number < 10 ? "   " : number < 100 ? "  " : " ", number, "  ");
    const bool is_here = number == excerpt.line;
    out += cat(is_here ? "<span class=\"here\">" : "", prefix, escaped(excerpt.lines[index]),
               is_here ? "</span>" : "", "\n");
    if (is_here) {
      out += cat("<span class=\"here\">", std::string(prefix.size() + excerpt.column - 1, ' '), "^ ",
                 escaped(cat(excerpt.file, ":", excerpt.line)), "</span>\n");
    }
  }
  return out + "</pre>";
}

/// What happened last before the first error.
std::string nearby_events(const RunStory& story) {
  const auto& events = story.detail.events;
  const auto error = std::ranges::find_if(events, [](const Json& event) {
    const std::string name = event.value("event", "");
    return name == "error" || name == "step_failed";
  });
  if (error == events.end()) return {};
  const auto index = static_cast<std::size_t>(error - events.begin());
  std::vector<std::vector<std::string>> rows;
  for (std::size_t at = index > kNearbyEvents ? index - kNearbyEvents : 0;
       at < std::min(index + 2, events.size()); ++at) {
    const Json& event = events[at];
    const std::string time = event.value("ts", "");
    rows.push_back({cat("<a href=\"#event-", at, "\"><code>",
                        escaped(time.size() > 23 ? time.substr(11, 12) : time), "</code></a>"),
                    isolated(event.value("event", "")), isolated(event.value("step_id", ""))});
  }
  return cat("<details><summary>What happened around it</summary><div>",
             table({"Time", "Event", "Step"}, rows), "</div></details>");
}

std::string failure(const RunStory& story) {
  const auto& errors = story.detail.errors;
  std::string code, message, hint, location, step;
  if (!errors.empty()) {
    const ErrorEvent& first = errors.front();
    code = first.error.code;
    message = first.error.message;
    hint = first.error.hint;
    location = first.error.location;
    step = first.step_id;
  } else if (story.detail.summary.status == SessionStatus::kCrashed) {
    message = "the process is gone, and it left no word";
    hint = cat("`osiris run --resume ", story.detail.summary.id,
               "` finds out what was committed and does the rest");
  } else {
    return {};
  }
  // What follows the first line is mostly drawn, a caret under a place.
  const std::size_t line_end = std::min(message.find('\n'), message.size());
  std::string out =
      cat("<div class=\"failure\"><div class=\"what\">", isolated(message.substr(0, line_end)), "</div>");
  if (const std::string_view rest = trim(message.substr(line_end)); !rest.empty())
    out += cat("<pre>", escaped(rest), "</pre>");
  if (!hint.empty()) out += cat("<p><b>What to do:</b> ", isolated(hint), "</p>");
  std::string where;
  if (!step.empty())
    where += cat("step <a href=\"#", step_anchor(story, step), "\">", isolated(step), "</a> ");
  if (!location.empty()) where += cat("at <code>", escaped(location), "</code> ");
  if (!code.empty()) where += cat("· <code>", escaped(code), "</code>");
  out += cat("<p class=\"soft\">", where, "</p></div>");
  if (story.excerpt) out += excerpt_text(*story.excerpt);
  return out + nearby_events(story);
}

std::string overview(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string out =
      cat("<header class=\"lead ", to_string(summary.status), "\" id=\"overview\"><div>",
          status_word(summary.status), " <span class=\"badge", story.is_remote() ? " remote" : "", "\">",
          story.is_remote() ? "E2B" : "Local", "</span></div><h1>",
          isolated(summary.pipeline.empty() ? summary.id : summary.pipeline), "</h1><p class=\"soft\">");
  if (story.manifest && !story.manifest->description.empty())
    out += cat(isolated(story.manifest->description), " · ");
  out += cat("<code>", escaped(summary.id), "</code></p>", failure(story), facts(story));
  const std::string command = repeat_command(story);
  out += cat("<div class=\"command\"><code>", escaped(command), "</code><button data-copy=\"",
             escaped(command), "\">Copy</button></div>");
  return out + "</header>";
}

std::string navigation(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string out = "<nav aria-label=\"Parts of the report\">";
  for (const auto& [id, title] : parts) out += cat("<a href=\"#", id, "\">", title, "</a> ");
  return out + "</nav>";
}

std::string warnings(const RunStory& story) {
  const std::size_t count = story.detail.warnings.size();
  std::string out;
  for (const Warning& warning : std::span(story.detail.warnings).first(std::min(count, kMostWarnings))) {
    out += cat("<p>", warning.step_id.empty() ? "" : cat("<b>", isolated(warning.step_id), "</b>: "),
               isolated(warning.message),
               warning.hint.empty() ? "" : cat(" <span class=\"soft\">", isolated(warning.hint), "</span>"),
               " <code>", escaped(warning.code), "</code></p>");
  }
  if (count > kMostWarnings)
    out += cat("<p class=\"soft\">and ", with_thousands(count - kMostWarnings),
               " more, in the list of events</p>");
  return out;
}

std::string schema_table(const StepSchema& schema, std::uint64_t rows) {
  std::vector<std::vector<std::string>> cells;
  for (const ColumnFacts& column : schema.columns) {
    const double share =
        rows == 0 ? 0 : 100.0 * static_cast<double>(column.null_count) / static_cast<double>(rows);
    cells.push_back({isolated(column.name), escaped(column.type), isolated(column.source_type),
                     column.null_count == 0
                         ? "0"
                         : cat(with_thousands(column.null_count), " (", std::lround(share), " %)")});
  }
  return cat("<h3>Columns, ", escaped(schema.port), "</h3>",
             table({"Column", "Type", "From", "Nulls"}, cells, {3}));
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
  for (const StepSchema& schema : step.schemas) out += schema_table(schema, step.rows_written);
  return out + "</div></details>";
}

std::string timeline(const RunStory& story) {
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

std::string connections(const RunStory& story) {
  std::vector<std::vector<std::string>> rows;
  for (const ConnectionStory& connection : story.connections) {
    std::vector<std::string> fields;
    for (const auto& [name, value] : connection.fields.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      const std::string source = connection.sources.value(name, "");
      fields.push_back(
          cat("<code>", escaped(name), "</code> ", isolated(text),
              source.empty() ? "" : cat(" <span class=\"soft\">from ", isolated(source), "</span>")));
    }
    for (const auto& [name, source] : connection.sources.items()) {
      if (connection.fields.contains(name)) continue;
      fields.push_back(cat("<code>", escaped(name), "</code> *** <span class=\"soft\">from ",
                           isolated(source.is_string() ? source.get<std::string>() : source.dump()),
                           "</span>"));
    }
    rows.push_back({cat("<b>", escaped(connection.reference), "</b>"), join(fields, "<br>"),
                    isolated(connection.server),
                    connection.open_ms ? human_duration(*connection.open_ms) : ""});
  }
  return rows.empty() ? "<p class=\"soft\">No step used a connection.</p>"
                      : table({"Connection", "Fields", "Server", "Connected in"}, rows, {3});
}

std::string metrics(const RunStory& story) {
  std::string out;
  if (const std::string sentence = bottleneck_sentence(story); !sentence.empty())
    out += cat("<p>", isolated(sentence), ".</p>");
  const auto duration = static_cast<double>(story.duration_ms());
  out += "<div class=\"charts\">";
  const auto chart = [&](const Series& series, const std::string& title, const std::string& unit) {
    out += cat("<figure class=\"scroll\" tabindex=\"0\"><figcaption>", isolated(title), "</figcaption>",
               draw_line(series, duration, title, unit), "</figure>");
  };
  if (story.memory_mb.size() > 1) chart(story.memory_mb, "Memory, MB", "MB");
  for (const auto& [step, totals] : story.rows) {
    if (const Series rates = rates_of(totals); rates.size() > 1)
      chart(rates, cat("Rows a second into ", step), "rows/s");
  }
  out += "</div>";
  std::vector<std::vector<std::string>> rows;
  for (const StepStory& step : story.steps) {
    const double seconds = static_cast<double>(step.duration_ms) / 1000;
    const auto rate = seconds > 0
                          ? static_cast<std::uint64_t>(
                                static_cast<double>(std::max(step.rows_read, step.rows_written)) / seconds)
                          : 0;
    rows.push_back({isolated(step.id), with_thousands(step.rows_read), with_thousands(step.rows_written),
                    rate > 0 ? with_thousands(rate) : "", human_duration(step.duration_ms),
                    step.busy_ms ? human_duration(static_cast<std::int64_t>(*step.busy_ms + 0.5)) : ""});
  }
  return cat(out, table({"Step", "Rows in", "Rows out", "Rows a second", "Duration", "Worked"}, rows,
                        {1, 2, 3, 4, 5}));
}

std::string preview(const ArtifactStory& artifact) {
  if (artifact.rows.empty()) return "<p class=\"soft\">No preview of this kind of file.</p>";
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (const std::string& name : artifact.rows.front())
    out += cat("<th scope=\"col\">", isolated(name), "</th>");
  out += "</tr></thead><tbody>";
  for (std::size_t index = 1; index < artifact.rows.size(); ++index) {
    out += "<tr>";
    for (const std::string& cell : artifact.rows[index])
      out += cat("<td class=\"cell\">", isolated(cell), "</td>");
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string artifacts(const RunStory& story) {
  std::string out;
  for (const ArtifactStory& artifact : story.artifacts) {
    const ArtifactWritten& written = artifact.written;
    out += cat("<details><summary><b>", isolated(written.target.empty() ? written.path : written.target),
               "</b> <span class=\"soft\">", human_bytes(written.size_bytes), " · by ",
               isolated(written.step_id), "</span></summary><div><p class=\"soft\">kept as <code>",
               escaped(written.path), "</code>",
               written.sha256.empty() ? "" : cat("<br><code>", escaped(written.sha256), "</code>"), "</p>",
               preview(artifact), "</div></details>");
  }
  return out.empty() ? "<p class=\"soft\">The run delivered no files.</p>" : out;
}

std::string change(std::int64_t now, std::int64_t before) {
  if (before <= 0) return "";
  const auto percent =
      static_cast<int>(std::lround(100.0 * static_cast<double>(now - before) / static_cast<double>(before)));
  if (percent == 0) return "same";
  return cat("<span class=\"", percent > 0 ? "up" : "down", "\">", percent > 0 ? "+" : "−", std::abs(percent),
             " %</span>");
}

std::string comparison(const RunStory& story) {
  if (!story.previous) return "<p class=\"soft\">No earlier run of this pipeline has succeeded.</p>";
  std::vector<std::vector<std::string>> rows;
  for (const StepStory& step : story.steps) {
    const auto before = std::ranges::find(story.previous->steps, step.id, &StepTally::step_id);
    if (before == story.previous->steps.end()) {
      rows.push_back({isolated(step.id), with_thousands(step.rows_written), "new",
                      human_duration(step.duration_ms), "", ""});
      continue;
    }
    const std::string rows_before =
        before->rows_written == step.rows_written ? "same" : with_thousands(before->rows_written);
    rows.push_back({isolated(step.id), with_thousands(step.rows_written), rows_before,
                    human_duration(step.duration_ms), human_duration(before->duration_ms),
                    change(step.duration_ms, before->duration_ms)});
  }
  std::vector<SessionSummary> oldest_first(story.earlier.rbegin(), story.earlier.rend());
  oldest_first.push_back(story.detail.summary);
  return cat("<p>Against <code>", escaped(story.previous->summary.id),
             "</code>, the newest run before it that succeeded.</p>", draw_sparkline(oldest_first),
             "<p class=\"key\">Durations of this and earlier runs</p>",
             table({"Step", "Rows out", "Before", "Duration", "Before", "Change"}, rows, {1, 2, 3, 4, 5}));
}

/// Deflated, in base64: the page's script unpacks it.
std::string packed(const std::string& text) {
  constexpr std::size_t kLarge = 4 << 20;
  std::string bytes(compressBound(text.size()), '\0');
  uLongf size = bytes.size();
  const int level = text.size() > kLarge ? Z_BEST_SPEED : Z_BEST_COMPRESSION;
  const int result = compress2(reinterpret_cast<Bytef*>(bytes.data()), &size,
                               reinterpret_cast<const Bytef*>(text.data()), text.size(), level);
  invariant(result == Z_OK, "memory is there for as many bytes as they can become");
  bytes.resize(size);
  return to_base64(bytes);
}

std::string explorer(const RunStory& story) {
  std::string steps = "<option value=\"\">every step</option>";
  for (const StepStory& step : story.steps)
    steps += cat("<option value=\"", escaped(step.id), "\">", escaped(step.id), "</option>");
  std::string out =
      cat("<div class=\"filters\"><select id=\"kind\" aria-label=\"What to list\"><option "
          "value=\"events\">Events</option>"
          "<option value=\"metrics\">Metrics</option><option value=\"log\">Log</option></select>"
          "<select id=\"step\" aria-label=\"Step\">",
          steps,
          "</select><select id=\"level\" aria-label=\"Level\"><option value=\"\">every level</option>"
          "<option value=\"bad\">warnings and errors</option></select>"
          "<input id=\"find\" type=\"search\" placeholder=\"Find\" aria-label=\"Find in the list\"></div>"
          "<div class=\"list\" id=\"entries\" tabindex=\"0\" role=\"region\" aria-label=\"Events, metrics, "
          "log\"></div>"
          "<p class=\"key\" id=\"found\"></p><noscript><p>The list needs JavaScript; the files are in the "
          "session's folder.</p></noscript>");
  const auto data = [&](const std::string& kind, const std::string& text) {
    out += cat("<script type=\"text/plain\" id=\"", kind, "-data\">", packed(text), "</script>");
  };
  data("events", story.events);
  data("metrics", story.metrics);
  data("log", story.log);
  return out;
}

/// The run for machines: everything but what the list of events has.
std::string machine_json(const RunStory& story) {
  Json run = to_json(story.detail);
  for (const char* list : {"events", "warnings"}) run.erase(list);  // they are in the list of events
  if (story.start) run["fingerprint"] = story.start->fingerprint;
  if (story.manifest) {
    run["manifest_steps"] = Json::array();
    for (const ManifestStep& step : story.manifest->steps) {
      Json inputs = Json::array();
      for (const auto& input : step.inputs) inputs.push_back(input.step_id);
      run["manifest_steps"].push_back(
          {{"id", step.id}, {"component", step.component}, {"inputs", inputs}, {"config", step.config}});
    }
  }
  return cat("<script type=\"application/json\" id=\"run\">", script_json(run), "</script>");
}

}  // namespace

std::string run_page(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string body = overview(story);
  body += navigation({{"timeline", "Execution timeline"},
                      {"connections", "Connection details"},
                      {"metrics", "Metrics dashboard"},
                      {"artifacts", "Artifact browser"},
                      {"events", "Events, metrics, log"},
                      {"compare", "Compare"}});
  body += "<main>";
  body += section("warnings", "Warnings", warnings(story));
  body += section("timeline", "Execution timeline", timeline(story));
  body += section("connections", "Connection details", connections(story));
  body += section("metrics", "Metrics dashboard", metrics(story));
  body += section("artifacts", "Artifact browser", artifacts(story));
  body += section("events", "Events, metrics, log", explorer(story));
  body += section("compare", "Compare", comparison(story));
  body += "</main>";
  body += machine_json(story);
  return whole_page(cat(summary.pipeline, " – ", to_string(summary.status), " – ", summary.id), body);
}

}  // namespace osiris
