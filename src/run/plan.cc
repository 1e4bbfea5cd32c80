#include "run/plan.h"

#include <map>

#include "base/file_system.h"
#include "base/text.h"
#include "compile/incremental.h"
#include "run/look_context.h"
#include "run/marks.h"

namespace osiris {

namespace {

/// Looks at the steps in order; what leaves one is known to those that follow.
class Planner {
 public:
  Planner(const Manifest& manifest, const Project& project, const Registry& registry,
          Cancellation& cancellation)
      : manifest_(manifest), project_(project), registry_(registry), cancellation_(cancellation) {}

  PlannedStep plan(const ManifestStep& step) {
    PlannedStep planned;
    planned.step = &step;
    std::optional<LookContext> context;
    try {
      within(cat("step '", step.id, "'"),
             [&] { look_at(step, context.emplace(step, project_, registry_, cancellation_), planned); });
    } catch (Error& error) {
      error.set_step(step.id);
      planned.error = error;
    }
    if (context) planned.server = context->server();
    schemas_[step.id] = planned.preview.schema;
    return planned;
  }

 private:
  void look_at(const ManifestStep& step, LookContext& context, PlannedStep& planned) {
    const RegisteredComponent* registered = registry_.find(step.component);
    if (registered == nullptr) {
      throw Error(ErrorKind::kUser, "manifest.unknown_component",
                  cat("unknown component: '", step.component, "'"));
    }
    std::vector<Component::InputSchema> inputs;
    for (const auto& input : step.inputs) inputs.push_back({input.name, schemas_[input.step_id]});
    const Config config(registered->spec.fields, step.config);
    if (is_incremental(step)) tell_mark(step, context);
    planned.preview = registered->component->preview(config, inputs, context);
    std::vector<std::string>& notes = planned.preview.notes;
    notes.insert(notes.end(), context.notes().begin(), context.notes().end());
  }

  /// Says, and tells the extractor, which rows are new.
  void tell_mark(const ManifestStep& step, LookContext& context) {
    const KeptMark kept = find_mark(manifest_, step, project_, registry_, cancellation_);
    context.set_window({kept.mark, {}, {}});
    context.warn("",
                 kept.mark ? cat("incremental: rows after ", kept.mark->cursor, ", as kept in ", kept.place)
                           : cat("incremental: all rows, for no mark is kept in ", kept.place),
                 "");
  }

  const Manifest& manifest_;
  const Project& project_;
  const Registry& registry_;
  Cancellation& cancellation_;
  std::map<std::string, std::optional<Schema>> schemas_;
};

Json schema_json(const Schema& schema) {
  Json columns = Json::array();
  for (const ColumnType& column : schema) {
    Json json{{"name", column.name}, {"type", to_string(column.type)}};
    if (!column.source_type.empty()) json["source_type"] = column.source_type;
    columns.push_back(json);
  }
  return columns;
}

Json moves_json(const std::vector<ColumnMove>& columns) {
  Json moves = Json::array();
  for (const ColumnMove& column : columns) {
    Json json{{"name", column.name},
              {"source_type", column.source_type},
              {"target_type", column.target_type},
              {"verdict", to_string(column.verdict)}};
    if (!column.reason.empty()) json["reason"] = column.reason;
    moves.push_back(json);
  }
  return moves;
}

}  // namespace

bool Plan::has_errors() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const PlannedStep& step) { return step.error.has_value(); });
}

Plan make_plan(const Manifest& manifest, const Project& project, const Registry& registry,
               Cancellation& cancellation) {
  Planner planner(manifest, project, registry, cancellation);
  Plan plan;
  for (const ManifestStep& step : manifest.steps) {
    plan.steps.push_back(planner.plan(step));
    // What a step says whose look was given up is not about the step.
    cancellation.check();
  }
  return plan;
}

Json to_json(const Plan& plan, const Manifest& manifest) {
  Json steps = Json::array();
  for (const PlannedStep& planned : plan.steps) {
    const ManifestStep& step = *planned.step;
    Json json{{"id", step.id}, {"component", step.component}, {"mode", step.mode}};
    if (!step.connection.empty()) json["connection"] = step.connection;
    if (!planned.server.empty()) json["server"] = planned.server;
    json["inputs"] = Json::array();
    for (const auto& input : step.inputs) json["inputs"].push_back(input.step_id);
    json["after"] = step.after;
    json["reads"] = planned.preview.reads;
    json["writes"] = planned.preview.writes;
    if (planned.preview.estimated_rows) json["estimated_rows"] = *planned.preview.estimated_rows;
    if (planned.preview.schema) json["columns"] = schema_json(*planned.preview.schema);
    if (!planned.preview.columns.empty()) json["moves"] = moves_json(planned.preview.columns);
    json["notes"] = planned.preview.notes;
    if (planned.error)
      json["error"] = {{"code", planned.error->code()}, {"message", planned.error->message()}};
    steps.push_back(json);
  }
  return {{"pipeline", manifest.name}, {"steps", steps}};
}

}  // namespace osiris
