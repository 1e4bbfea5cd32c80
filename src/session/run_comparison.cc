#include "session/run_comparison.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "session/output_parity.h"
#include "session/recorded_manifest.h"
#include "session/session_files.h"
#include "session/session_lines.h"

namespace osiris {

namespace {

using Columns = std::map<std::string, std::vector<ColumnFacts>>;  ///< by port

/// What the comparison needs of one run, by step and by connection.
struct RunFacts {
  std::string fingerprint;
  std::vector<std::string> step_ids;
  std::map<std::string, StepNumbers> numbers;
  std::map<std::string, std::string> components;
  std::map<std::string, Json> config;
  std::map<std::string, Columns> columns;
  std::map<std::string, Json> connections;

  void name_step(const std::string& step_id) {
    if (std::ranges::find(step_ids, step_id) == step_ids.end()) step_ids.push_back(step_id);
  }
};

struct EventTaker {
  RunFacts& facts;

  void operator()(const RunStart& event) const { facts.fingerprint = event.fingerprint; }
  void operator()(const StepSchema& event) const { facts.columns[event.step_id][event.port] = event.columns; }
  void operator()(const ConnectionResolveComplete& event) const {
    facts.connections[cat('@', event.family, '.', event.alias)].update(event.fields);
  }
  void operator()(const ConnectionOpenComplete& event) const {
    if (!event.server.empty())
      facts.connections[cat('@', event.family, '.', event.alias)]["server"] = event.server;
  }
  void operator()(const auto&) const {}
};

/// The bytes that each step moved: a step tells them once, when it ends.
void take_bytes(const fs::path& folder, RunFacts& facts) {
  for (const std::string& line : session_lines(folder, SessionFile::kMetrics, "")) {
    if (line.find(R"("metric":"bytes_)") == std::string::npos) continue;
    const Json metric = Json::parse(line, nullptr, false);
    if (!metric.is_object() || !metric.contains("value") || !metric["value"].is_number()) continue;
    const Json tags = metric.value("tags", Json::object());
    const auto step = facts.numbers.find(tags.is_object() ? tags.value("step", "") : "");
    if (step == facts.numbers.end()) continue;
    const auto bytes = static_cast<std::uint64_t>(std::max(metric["value"].get<double>(), 0.0));
    (metric.value("metric", "") == "bytes_read" ? step->second.bytes_read : step->second.bytes_written) =
        bytes;
  }
}

RunFacts facts_of(const SessionDetail& detail) {
  RunFacts facts;
  for (const RecordedStep& step : recorded_steps(detail.summary.folder)) {
    facts.name_step(step.id);
    facts.config[step.id] = step.fields;
    facts.components[step.id] = step.fields.value("component", "");
  }
  for (const StepTally& step : detail.steps) {
    facts.name_step(step.step_id);
    if (!step.component.empty()) facts.components[step.step_id] = step.component;
    facts.numbers[step.step_id] = {.status = step.status,
                                   .rows_read = step.rows_read,
                                   .rows_written = step.rows_written,
                                   .duration_ms = step.duration_ms};
  }
  for (const SessionEvent& event : detail.events) {
    if (event.known) std::visit(EventTaker{facts}, *event.known);
  }
  take_bytes(detail.summary.folder, facts);
  return facts;
}

void add_changes(const std::string& prefix, const Json& before, const Json& after,
                 std::vector<FieldChange>& changes) {
  std::vector<std::string> keys;
  for (const Json* side : {&before, &after}) {
    for (const auto& [key, _] : side->items()) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
  }
  const auto value_of = [](const Json& side, const std::string& key) {
    const auto found = side.find(key);
    return found == side.end() ? Json() : *found;
  };
  for (const std::string& key : keys) {
    const Json old = value_of(before, key), now = value_of(after, key);
    if (old == now) continue;
    if (old.is_object() && now.is_object()) {
      add_changes(cat(prefix, key, '.'), old, now, changes);
    } else {
      changes.push_back({prefix + key, old, now});
    }
  }
}

std::vector<FieldChange> changes_of(const Json& before, const Json& after) {
  std::vector<FieldChange> changes;
  add_changes("", before.is_object() ? before : Json::object(), after.is_object() ? after : Json::object(),
              changes);
  return changes;
}

void compare_port(const std::string& port, const std::vector<ColumnFacts>& before,
                  const std::vector<ColumnFacts>& after, std::vector<ColumnChange>& changes) {
  for (const ColumnFacts& column : after) {
    const auto old = std::ranges::find(before, column.name, &ColumnFacts::name);
    const std::string type_before = old == before.end() ? "" : old->type;
    if (type_before != column.type) changes.push_back({port, column.name, type_before, column.type});
  }
  for (const ColumnFacts& column : before) {
    const bool is_gone = std::ranges::find(after, column.name, &ColumnFacts::name) == after.end();
    if (is_gone) changes.push_back({port, column.name, column.type, ""});
  }
}

/// Of the ports that both runs tell: a run that failed early tells none, and lost no column by that.
std::vector<ColumnChange> compare_columns(const Columns& before, const Columns& after) {
  std::vector<ColumnChange> changes;
  for (const auto& [port, columns] : after) {
    if (const auto old = before.find(port); old != before.end())
      compare_port(port, old->second, columns, changes);
  }
  return changes;
}

template <typename Value>
std::optional<Value> found_in(const std::map<std::string, Value>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

StepComparison compare_step(const std::string& step_id, const RunFacts& before, const RunFacts& after) {
  StepComparison step;
  step.step_id = step_id;
  const auto component = found_in(after.components, step_id);
  step.component = component ? *component : found_in(before.components, step_id).value_or("");
  step.before = found_in(before.numbers, step_id);
  step.after = found_in(after.numbers, step_id);
  const auto config_before = found_in(before.config, step_id), config_after = found_in(after.config, step_id);
  if (config_before && config_after) step.config = changes_of(*config_before, *config_after);
  step.columns = compare_columns(found_in(before.columns, step_id).value_or(Columns()),
                                 found_in(after.columns, step_id).value_or(Columns()));
  return step;
}

Json step_json(const StepComparison& step) {
  const auto numbers = [](const std::optional<StepNumbers>& side) {
    if (!side) return Json();
    return Json{{"status", to_string(side->status)},  {"rows_read", side->rows_read},
                {"rows_written", side->rows_written}, {"duration_ms", side->duration_ms},
                {"bytes_read", side->bytes_read},     {"bytes_written", side->bytes_written}};
  };
  Json object{{"step_id", step.step_id},      {"component", step.component}, {"before", numbers(step.before)},
              {"after", numbers(step.after)}, {"config", Json::array()},     {"columns", Json::array()}};
  for (const FieldChange& change : step.config)
    object["config"].push_back({{"name", change.name}, {"before", change.before}, {"after", change.after}});
  for (const ColumnChange& change : step.columns) {
    const auto type = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    object["columns"].push_back({{"port", change.port},
                                 {"name", change.name},
                                 {"type_before", type(change.type_before)},
                                 {"type_after", type(change.type_after)}});
  }
  return object;
}

Json side_json(const SessionSummary& summary, const std::string& fingerprint, double peak_memory_mb) {
  Json object = to_json(summary);
  object["fingerprint"] = fingerprint;
  object["peak_memory_mb"] = peak_memory_mb;
  return object;
}

}  // namespace

RunComparison compare_runs(const SessionDetail& before, const SessionDetail& after) {
  RunFacts old = facts_of(before), now = facts_of(after);
  RunComparison comparison{.before = before.summary,
                           .after = after.summary,
                           .fingerprint_before = old.fingerprint,
                           .fingerprint_after = now.fingerprint,
                           .peak_memory_mb_before = before.peak_memory_mb,
                           .peak_memory_mb_after = after.peak_memory_mb,
                           .steps = {},
                           .connections = {},
                           .outputs = {}};
  std::vector<std::string> step_ids = now.step_ids;
  for (const std::string& step_id : old.step_ids) {
    if (std::ranges::find(now.step_ids, step_id) == now.step_ids.end()) step_ids.push_back(step_id);
  }
  for (const std::string& step_id : step_ids) comparison.steps.push_back(compare_step(step_id, old, now));
  std::set<std::string> references;
  for (const RunFacts* facts : {&old, &now}) {
    for (const auto& [reference, _] : facts->connections) references.insert(reference);
  }
  for (const std::string& reference : references) {
    auto fields = changes_of(old.connections[reference], now.connections[reference]);
    if (!fields.empty()) comparison.connections.push_back({reference, std::move(fields)});
  }
  comparison.outputs = compare_outputs(before, after, comparison.steps);
  return comparison;
}

Json to_json(const RunComparison& comparison) {
  Json object{
      {"before",
       side_json(comparison.before, comparison.fingerprint_before, comparison.peak_memory_mb_before)},
      {"after", side_json(comparison.after, comparison.fingerprint_after, comparison.peak_memory_mb_after)},
      {"same_manifest", comparison.has_same_manifest()},
      {"steps", Json::array()},
      {"connections", Json::array()}};
  for (const StepComparison& step : comparison.steps) object["steps"].push_back(step_json(step));
  for (const ConnectionComparison& connection : comparison.connections) {
    Json fields = Json::array();
    for (const FieldChange& change : connection.fields)
      fields.push_back({{"name", change.name}, {"before", change.before}, {"after", change.after}});
    object["connections"].push_back({{"connection", connection.reference}, {"fields", std::move(fields)}});
  }
  Json outputs = Json::array();
  for (const OutputParity& output : comparison.outputs) {
    outputs.push_back({{"step_id", output.step_id},
                       {"parity", to_string(output.parity)},
                       {"difference", output.difference.empty() ? Json() : Json(output.difference)}});
  }
  const auto parity = comparison.parity();
  object["parity"] = {{"result", parity ? Json(to_string(*parity)) : Json()},
                      {"outputs", std::move(outputs)}};
  return object;
}

}  // namespace osiris
