#include "cli/step_story.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/messages.h"
#include "format/yaml.h"
#include "report/run_story.h"
#include "session/recorded_manifest.h"
#include "session/session_lines.h"

namespace osiris::cli {

namespace {

std::string fact(std::string_view name, const std::string& value) {
  constexpr std::size_t kWidth = 12;
  return value.empty() ? "" : cat(name, std::string(kWidth - name.size(), ' '), value, "\n");
}

std::string indented(std::string_view text) {
  std::string out;
  for (const std::string& line : split(trim(text), '\n')) out += cat("  ", line, "\n");
  return out;
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? "" : cat("\n", title, "\n", indented(body));
}

std::string duration_of(const StepStory& step) {
  if (!step.begin_ms) return "";
  std::string text = human_duration(step.duration_ms);
  if (step.busy_ms)
    text += cat(", ", human_duration(static_cast<std::int64_t>(*step.busy_ms + 0.5)), " of it busy");
  return text;
}

std::string bytes_of(const StepStory& step) {
  if (step.bytes_read + step.bytes_written < 1) return "";
  return cat(human_bytes(static_cast<std::uint64_t>(step.bytes_read)), " in, ",
             human_bytes(static_cast<std::uint64_t>(step.bytes_written)), " out");
}

std::string inputs_of(const StepStory& step) {
  std::vector<std::string> inputs;
  for (const ManifestStep::Input& input : step.inputs)
    inputs.push_back(cat(input.step_id, " as ", input.name));
  return join(inputs, ", ");
}

std::string columns_of(const StepSchema& schema) {
  std::vector<std::vector<std::string>> rows;
  for (const ColumnFacts& column : schema.columns)
    rows.push_back({column.name, column.type, column.source_type, with_thousands(column.null_count)});
  return rows.empty() ? "" : table_text({"COLUMN", "TYPE", "SOURCE TYPE", "NULLS"}, rows, {3});
}

std::string load_of(const std::optional<LoadStarted>& load) {
  return load ? cat(load->write_mode, " into ", load->table, ", by ", load->road) : "";
}

/// The options as YAML; a text of several lines, such as SQL, comes after them, as it was written.
std::string config_of(const StepStory& step) {
  Json short_ones = Json::object();
  std::string texts;
  for (const auto& [key, value] : step.config.items()) {
    const bool is_long =
        value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos;
    if (is_long) {
      texts += section(cat("config ", key), value.get<std::string>());
    } else {
      short_ones[key] = value;
    }
  }
  return cat(short_ones.empty() ? "" : section("config", yaml::print(short_ones)), texts);
}

std::string told(const StepStory& step, const std::vector<std::string>& log) {
  std::string text = cat(step.id, "  ", to_string(step.status), "\n");
  text += fact("component", step.component);
  text += fact("place", step.location);
  text += fact("connection", step.connection);
  text += fact("inputs", inputs_of(step));
  text += fact("because", step.cancelled_because);
  text += fact("duration", duration_of(step));
  if (step.attempts > 1) text += fact("attempts", std::to_string(step.attempts));
  text +=
      fact("rows", cat(with_thousands(step.rows_read), " in, ", with_thousands(step.rows_written), " out"));
  if (step.skipped_rows) text += fact("left out", counted(*step.skipped_rows, "row"));
  text += fact("quarantine", step.quarantine);
  text += fact("bytes", bytes_of(step));
  text += fact("load", load_of(step.load));
  text += config_of(step);
  for (const StepSchema& schema : step.schemas) text += section(schema.port, columns_of(schema));
  return text + section("log", join(log, "\n"));
}

Json step_json(const StepStory& step) {
  Json object{{"step_id", step.id},
              {"component", step.component},
              {"role", step.role},
              {"status", to_string(step.status)},
              {"location", step.location},
              {"connection", step.connection},
              {"inputs", Json::array()},
              {"config", step.config},
              {"duration_ms", step.duration_ms},
              {"busy_ms", step.busy_ms ? Json(*step.busy_ms) : Json()},
              {"attempt_count", step.attempts},
              {"rows_read", step.rows_read},
              {"rows_written", step.rows_written},
              {"rows_skipped", step.skipped_rows.value_or(0)},
              {"bytes_read", static_cast<std::uint64_t>(step.bytes_read)},
              {"bytes_written", static_cast<std::uint64_t>(step.bytes_written)},
              {"schemas", Json::array()}};
  for (const ManifestStep::Input& input : step.inputs)
    object["inputs"].push_back({{"name", input.name}, {"step_id", input.step_id}});
  for (const StepSchema& schema : step.schemas) object["schemas"].push_back(event_fields(schema));
  return object;
}

[[noreturn]] void refuse_step(const std::string& step_id, const std::vector<std::string>& known) {
  throw Error(ErrorKind::kUser, "session.unknown_step", cat("the session has no such step: '", step_id, "'"),
              suggestion(step_id, known));
}

}  // namespace

void check_step(const fs::path& session, const std::string& step_id) {
  std::vector<std::string> known;
  for (const RecordedStep& step : recorded_steps(session)) known.push_back(step.id);
  for (const StepTally& step : read_detail(session).steps) {
    if (std::ranges::find(known, step.step_id) == known.end()) known.push_back(step.step_id);
  }
  if (std::ranges::find(known, step_id) == known.end()) refuse_step(step_id, known);
}

Answer show_step(const Invocation& invocation, const fs::path& session, const std::string& step_id) {
  const RunStory story = read_story(session, {}, invocation.project().folder());
  const auto step = std::ranges::find(story.steps, step_id, &StepStory::id);
  if (step == story.steps.end()) {
    std::vector<std::string> known;
    for (const StepStory& each : story.steps) known.push_back(each.id);
    refuse_step(step_id, known);
  }
  const auto log = session_lines(session, SessionFile::kLog, step_id);
  Answer answer;
  answer.text = told(*step, log);
  answer.json = {{"session", session.filename().string()},
                 {"step", step_json(*step)},
                 {"events", json_of_lines(session_lines(session, SessionFile::kEvents, step_id))},
                 {"metrics", json_of_lines(session_lines(session, SessionFile::kMetrics, step_id))},
                 {"log", json_of(log_entries(log))}};
  return answer;
}

}  // namespace osiris::cli
