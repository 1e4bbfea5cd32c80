#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "report/exports.h"

namespace osiris {

namespace {

constexpr std::string_view kNamespace = "osiris";
constexpr std::string_view kSpec = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// The schema of a facet, as the specification publishes it.
std::string facet_url(std::string_view version, std::string_view name) {
  return cat("https://openlineage.io/spec/facets/", version, "/", name, ".json#/$defs/", name);
}

/// "8-4-4-4-12": the digits of an export_id() as a UUID that says it was made from a name.
/// Source: RFC 9562, version 8.
std::string uuid(std::string digits) {
  constexpr std::size_t kVersion = 12, kVariant = 16;
  digits[kVersion] = '8';
  digits[kVariant] = "89ab"[static_cast<std::size_t>(digits[kVariant]) % 4];
  const std::string_view all = digits;
  return cat(all.substr(0, 8), '-', all.substr(8, 4), '-', all.substr(12, 4), '-', all.substr(16, 4), '-',
             all.substr(20));
}

std::string config_text(const StepStory& step, const char* key) {
  const auto found = step.config.find(key);
  return found != step.config.end() && found->is_string() ? found->get<std::string>() : "";
}

class EventWriter {
 public:
  explicit EventWriter(const RunStory& story)
      : story_(story), producer_(cat("urn:osiris:", program_version(story))) {}

  std::string write() {
    const SessionSummary& summary = story_.detail.summary;
    add_event("START", summary.started_at_ms, "", run_job(), sets(true, false), sets(false, false));
    for (const StepStory& step : story_.steps) {
      if (step.begin_ms) add_step(step);
    }
    if (const auto end = end_word(summary.status))
      add_event(*end, summary.started_at_ms + story_.duration_ms(), "", run_job(), sets(true, true),
                sets(false, true));
    return lines_;
  }

 private:
  Json facet(std::string_view version, std::string_view name, const Json& fields) const {
    Json object{{"_producer", producer_}, {"_schemaURL", facet_url(version, name)}};
    object.update(fields);
    return object;
  }

  /// The event that ends a run of this status; nothing while it runs.
  static std::optional<std::string_view> end_word(SessionStatus status) {
    switch (status) {
      case SessionStatus::kSuccess:
        return "COMPLETE";
      case SessionStatus::kFailed:
      case SessionStatus::kCrashed:
        return "FAIL";
      case SessionStatus::kCancelled:
        return "ABORT";
      case SessionStatus::kRunning:
        break;
    }
    return std::nullopt;
  }

  void add_step(const StepStory& step) {
    const std::int64_t begin_ms = started_at_ms(story_, step);
    const auto of_role = [&](const char* role, bool is_over) {
      Json datasets = Json::array();
      if (step.role == role) add_dataset(step, is_over, datasets);
      return datasets;
    };
    add_event("START", begin_ms, step.id, step_job(step), of_role("extractor", false),
              of_role("writer", false));
    if (const auto end = end_word(step.status)) {
      add_event(*end, begin_ms + step.duration_ms, step.id, step_job(step), of_role("extractor", true),
                of_role("writer", true));
    }
  }

  void add_event(std::string_view type, std::int64_t at_ms, const std::string& step_id, const Json& job,
                 const Json& inputs, const Json& outputs) {
    const Json event{
        {"eventType", type},
        {"eventTime", iso8601(at_ms)},
        {"run", {{"runId", uuid(export_id(story_, step_id))}, {"facets", run_facets(type, step_id)}}},
        {"job", job},
        {"inputs", inputs},
        {"outputs", outputs},
        {"producer", producer_},
        {"schemaURL", kSpec}};
    lines_ += event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  Json run_facets(std::string_view type, const std::string& step_id) const {
    Json facets = Json::object();
    facets["processing_engine"] = facet("1-1-1", "ProcessingEngineRunFacet",
                                        {{"version", program_version(story_)}, {"name", "osiris"}});
    if (!step_id.empty()) {
      facets["parent"] =
          facet("1-2-0", "ParentRunFacet",
                {{"run", {{"runId", uuid(export_id(story_, ""))}}},
                 {"job", {{"namespace", kNamespace}, {"name", story_.detail.summary.pipeline}}}});
    }
    const ErrorEvent* error = type == "FAIL" ? error_of_step(story_, step_id) : nullptr;
    if (error != nullptr) {
      Json fields{{"message", error->error.message}, {"programmingLanguage", "C++"}};
      if (!error->stack_trace.empty()) fields["stackTrace"] = join(error->stack_trace, "\n");
      facets["errorMessage"] = facet("1-0-1", "ErrorMessageRunFacet", fields);
    }
    return facets;
  }

  Json job(const std::string& name, const char* type) const {
    return {
        {"namespace", kNamespace},
        {"name", name},
        {"facets",
         {{"jobType", facet("2-0-4", "JobTypeJobFacet",
                            {{"processingType", "BATCH"}, {"integration", "OSIRIS"}, {"jobType", type}})}}}};
  }
  Json run_job() const { return job(story_.detail.summary.pipeline, "PIPELINE"); }
  Json step_job(const StepStory& step) const {
    Json object = job(cat(story_.detail.summary.pipeline, ".", step.id), "STEP");
    if (const std::string query = config_text(step, "query"); !query.empty())
      object["facets"]["sql"] = facet("1-1-0", "SQLJobFacet", {{"query", query}});
    return object;
  }

  /// What the run's extractors read, or its writers write.
  Json sets(bool is_read, bool is_over) const {
    Json datasets = Json::array();
    for (const StepStory& step : story_.steps) {
      if (step.role == (is_read ? "extractor" : "writer")) add_dataset(step, is_over, datasets);
    }
    return datasets;
  }

  /// The table or file of a step. A query reads what only its SQL says, so it stands for no dataset.
  void add_dataset(const StepStory& step, bool is_over, Json& datasets) const {
    const std::string table = config_text(step, "table"), path = config_text(step, "path");
    if (table.empty() && path.empty()) return;
    Json dataset{{"namespace", table.empty() ? "file" : server_of(step)},
                 {"name", table.empty() ? path : table_name(step, table)},
                 {"facets", Json::object()}};
    const std::vector<ColumnFacts>* columns = columns_of(step);
    if (columns != nullptr) {
      Json fields = Json::array();
      for (const ColumnFacts& column : *columns) {
        const bool has_own_word = step.role == "extractor" && !column.source_type.empty();
        const std::string& type = has_own_word ? column.source_type : column.type;
        fields.push_back({{"name", column.name}, {"type", type}});
      }
      dataset["facets"]["schema"] = facet("1-2-0", "SchemaDatasetFacet", {{"fields", fields}});
    }
    if (is_over && step.role == "writer") {
      dataset["outputFacets"]["outputStatistics"] =
          facet("1-0-2", "OutputStatisticsOutputDatasetFacet",
                {{"rowCount", step.rows_written}, {"size", static_cast<std::uint64_t>(step.bytes_written)}});
    } else if (is_over) {
      dataset["inputFacets"]["inputStatistics"] =
          facet("1-0-0", "InputStatisticsInputDatasetFacet",
                {{"rowCount", step.rows_read}, {"size", static_cast<std::uint64_t>(step.bytes_read)}});
    }
    datasets.push_back(std::move(dataset));
  }

  const ConnectionStory* connection_of(const StepStory& step) const {
    const auto found = std::ranges::find(story_.connections, step.connection, &ConnectionStory::reference);
    return found == story_.connections.end() ? nullptr : &*found;
  }

  std::string field_of(const StepStory& step, const char* key) const {
    const ConnectionStory* connection = connection_of(step);
    const auto found = connection == nullptr ? Json::const_iterator() : connection->fields.find(key);
    if (connection == nullptr || found == connection->fields.end()) return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
  }

  /// "family://host:port", as OpenLineage names databases; the connection's own name where it has no host.
  std::string server_of(const StepStory& step) const {
    const std::string family = step.component.substr(0, step.component.find('.'));
    const std::string host = field_of(step, "host"), port = field_of(step, "port");
    if (host.empty()) return cat(family, "://", step.connection);
    return port.empty() ? cat(family, "://", host) : cat(family, "://", host, ":", port);
  }

  /// With the database before it.
  std::string table_name(const StepStory& step, const std::string& table) const {
    const std::string database = field_of(step, "database");
    const bool is_whole = database.empty() || table.starts_with(database + ".");
    return is_whole ? table : cat(database, ".", table);
  }

  /// The columns of what a step hands on; a writer's are those of the step that feeds it.
  const std::vector<ColumnFacts>* columns_of(const StepStory& step) const {
    for (const StepSchema& schema : step.schemas) {
      if (schema.port == "output") return &schema.columns;
    }
    if (step.role != "writer" || step.inputs.empty()) return nullptr;
    const auto source = std::ranges::find(story_.steps, step.inputs.front().step_id, &StepStory::id);
    return source == story_.steps.end() || source->id == step.id ? nullptr : columns_of(*source);
  }

  const RunStory& story_;
  std::string producer_;
  std::string lines_;
};

}  // namespace

std::string openlineage(const RunStory& story) { return EventWriter(story).write(); }

}  // namespace osiris
