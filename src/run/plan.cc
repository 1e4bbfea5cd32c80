#include "run/plan.h"

#include <map>

#include "base/file_system.h"
#include "base/text.h"

namespace osiris {

namespace {

/// The context of a step that is only looked at: it names paths and makes none of them.
class PlanContext : public Context {
 public:
  PlanContext(const ManifestStep& step, const Project& project, std::optional<ResolvedConnection> connection,
              PlannedStep& planned)
      : step_(step), project_(project), connection_(std::move(connection)), planned_(planned) {}

  Cancellation& cancellation() override { return cancellation_; }
  const ConnectionConfig& connection() override {
    invariant(connection_.has_value(), "a component with a connection family has a connection");
    return connection_->config;
  }
  fs::path project_path(const std::string& path) override {
    return (project_.folder() / path).lexically_normal();
  }
  fs::path artifact_path(const std::string& name) override {
    return project_.logs_folder() / "run_<ms>" / "artifacts" / step_.id / name;
  }
  fs::path temporary_folder() override { return fs::temp_directory_path(); }
  bool allows_external_access() override { return project_.settings().allow_external_access; }
  void warn(const std::string&, const std::string& message, const std::string&) override {
    planned_.preview.notes.push_back(message);
  }
  void connection_opened(const std::string& server, std::chrono::microseconds) override {
    planned_.server = server;
  }
  void file_written(const WrittenFile&) override {}
  void count_bytes_read(std::uint64_t) override {}
  void count_bytes_written(std::uint64_t) override {}
  void count_skipped_rows(std::uint64_t) override {}
  void quarantine(const RefusedRow&) override {}
  const LoadId& load_id() override { return load_id_; }
  void load_started(const LoadStart&) override {}
  const Window& window() override { return window_; }

 private:
  const ManifestStep& step_;
  const Project& project_;
  std::optional<ResolvedConnection> connection_;
  PlannedStep& planned_;
  Cancellation cancellation_;
  LoadId load_id_;
  Window window_;
};

/// Looks at the steps in order; what leaves one is known to those that follow.
class Planner {
 public:
  Planner(const Project& project, const Registry& registry) : project_(project), registry_(registry) {}

  PlannedStep plan(const ManifestStep& step) {
    PlannedStep planned;
    planned.step = &step;
    try {
      within(cat("step '", step.id, "'"), [&] { look_at(step, planned); });
    } catch (Error& error) {
      error.set_step(step.id);
      planned.error = error;
    }
    schemas_[step.id] = planned.preview.schema;
    return planned;
  }

 private:
  void look_at(const ManifestStep& step, PlannedStep& planned) {
    const RegisteredComponent* registered = registry_.find(step.component);
    if (registered == nullptr) {
      throw Error(ErrorKind::kUser, "manifest.unknown_component",
                  cat("unknown component: '", step.component, "'"));
    }
    std::optional<ResolvedConnection> connection;
    if (!step.connection.empty()) {
      connection = resolve(project_.connections().find(step.connection), project_.environment(), registry_);
    }
    std::vector<Component::InputSchema> inputs;
    for (const auto& input : step.inputs) inputs.push_back({input.name, schemas_[input.step_id]});
    const Config config(registered->spec.fields, step.config);
    PlanContext context(step, project_, std::move(connection), planned);
    Preview preview = registered->component->preview(config, inputs, context);
    preview.notes.insert(preview.notes.end(), planned.preview.notes.begin(), planned.preview.notes.end());
    planned.preview = std::move(preview);
  }

  const Project& project_;
  const Registry& registry_;
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

}  // namespace

bool Plan::has_errors() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const PlannedStep& step) { return step.error.has_value(); });
}

Plan make_plan(const Manifest& manifest, const Project& project, const Registry& registry) {
  Planner planner(project, registry);
  Plan plan;
  for (const ManifestStep& step : manifest.steps) plan.steps.push_back(planner.plan(step));
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
    if (planned.preview.schema) json["columns"] = schema_json(*planned.preview.schema);
    json["notes"] = planned.preview.notes;
    if (planned.error)
      json["error"] = {{"code", planned.error->code()}, {"message", planned.error->message()}};
    steps.push_back(json);
  }
  return {{"pipeline", manifest.name}, {"steps", steps}};
}

}  // namespace osiris
