#include "remote/worker_order.h"

#include "base/error.h"

namespace osiris::remote {

namespace {

Json json_of(const Location& location) {
  return {{"file", location.file}, {"line", location.line}, {"column", location.column}};
}

Location location_of(const Json& json) {
  return {json.at("file").get<std::string>(), json.at("line").get<int>(), json.at("column").get<int>()};
}

Json json_of(const ConnectionEntry& entry) {
  Json fields = Json::array();
  for (const auto& field : entry.fields)
    fields.push_back({{"name", field.name}, {"text", field.text}, {"location", json_of(field.location)}});
  return {{"family", entry.family},
          {"alias", entry.alias},
          {"default", entry.is_default},
          {"fields", fields},
          {"location", json_of(entry.location)}};
}

ConnectionEntry entry_of(const Json& json) {
  ConnectionEntry entry{.family = json.at("family").get<std::string>(),
                        .alias = json.at("alias").get<std::string>(),
                        .is_default = json.at("default").get<bool>(),
                        .fields = {},
                        .location = location_of(json.at("location"))};
  for (const Json& field : json.at("fields")) {
    entry.fields.push_back({field.at("name").get<std::string>(), field.at("text").get<std::string>(),
                            location_of(field.at("location"))});
  }
  return entry;
}

template <typename T>
Json json_of(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <typename T>
std::optional<T> optional_of(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<T>());
}

Json json_of(const RunOptions& options) {
  return {{"limit", json_of(options.row_limit)},
          {"fail_fast", options.fail_fast},
          {"jobs", options.jobs},
          {"full_refresh", options.range.is_full_refresh},
          {"from", json_of(options.range.from)},
          {"to", json_of(options.range.to)},
          {"install_deps", options.installs_packages}};
}

RunOptions options_of(const Json& json) {
  RunOptions options;
  options.row_limit = optional_of<std::uint64_t>(json.at("limit"));
  options.fail_fast = json.at("fail_fast").get<bool>();
  options.jobs = json.at("jobs").get<std::size_t>();
  options.range = {json.at("full_refresh").get<bool>(), optional_of<std::string>(json.at("from")),
                   optional_of<std::string>(json.at("to"))};
  options.installs_packages = json.at("install_deps").get<bool>();
  return options;
}

Json json_of(const std::vector<WorkerOrder::Variable>& variables) {
  Json json = Json::array();
  for (const auto& variable : variables)
    json.push_back(
        {{"name", variable.name}, {"value", variable.value.reveal()}, {"origin", variable.origin}});
  return json;
}

std::vector<WorkerOrder::Variable> variables_of(const Json& json) {
  std::vector<WorkerOrder::Variable> variables;
  for (const Json& variable : json) {
    variables.push_back({variable.at("name").get<std::string>(),
                         Secret(variable.at("value").get<std::string>()),
                         variable.at("origin").get<std::string>()});
  }
  return variables;
}

}  // namespace

std::string to_line(const WorkerOrder& order) {
  Json connections = Json::array();
  for (const ConnectionEntry& entry : order.connections) connections.push_back(json_of(entry));
  Json marks = Json::array();
  for (const auto& kept : order.marks)
    marks.push_back({{"name", kept.name}, {"mark", kept.mark ? Json(print_mark(*kept.mark)) : Json()}});
  const Json json{{"session_ms", order.session_ms},
                  {"folder", order.folder},
                  {"manifest", order.manifest},
                  {"shown_path", order.shown_path},
                  {"connections", connections},
                  {"variables", json_of(order.variables)},
                  {"environment", json_of(order.environment)},
                  {"marks", marks},
                  {"trees", order.trees},
                  {"allow_external_access", order.settings.allow_external_access},
                  {"value_ranges", order.settings.value_ranges},
                  {"options", json_of(order.options)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

WorkerOrder parse_order(const std::string& line) {
  try {
    const Json json = Json::parse(line);
    WorkerOrder order{.session_ms = json.at("session_ms").get<std::int64_t>(),
                      .folder = json.at("folder").get<std::string>(),
                      .manifest = json.at("manifest").get<std::string>(),
                      .shown_path = json.at("shown_path").get<std::string>(),
                      .connections = {},
                      .variables = variables_of(json.at("variables")),
                      .environment = variables_of(json.at("environment")),
                      .marks = {},
                      .trees = json.at("trees").get<std::vector<std::string>>(),
                      .settings = {},
                      .options = options_of(json.at("options"))};
    order.settings.allow_external_access = json.at("allow_external_access").get<bool>();
    order.settings.value_ranges = json.at("value_ranges").get<bool>();
    for (const Json& entry : json.at("connections")) order.connections.push_back(entry_of(entry));
    for (const Json& kept : json.at("marks")) {
      const auto text = optional_of<std::string>(kept.at("mark"));
      order.marks.push_back(
          {kept.at("name").get<std::string>(), text ? std::optional(parse_mark(*text)) : std::nullopt});
    }
    return order;
  } catch (const Json::exception&) {
    // What the library says could quote a secret.
    throw Error(ErrorKind::kUser, "worker.order", "the first line of the worker's input is no order");
  }
}

}  // namespace osiris::remote
