#include "compile/oml_schema.h"

#include "base/text.h"

namespace osiris {

namespace {

/// Where a value of another type is wanted, a text may stand that a parameter's value takes the place of.
constexpr std::string_view kParameter = R"(\$\{params\.)";

Json text_schema(std::string_view description) { return {{"type", "string"}, {"description", description}}; }

Json duration_schema(std::string_view description) {
  return {{"type", "string"}, {"description", description}, {"examples", {"30s"}}};
}

/// The same option where a whole value may be a parameter.
Json with_parameters(const Json& option) {
  if (option.value("type", Json()) == "string" && !option.contains("enum")) return option;
  Json either{{"anyOf", {option, {{"$ref", "#/$defs/parameter"}}}}};
  if (option.contains("description")) either["description"] = option["description"];
  return either;
}

Json component_config(const ComponentSpec& spec) {
  Json schema = config_schema(spec.fields, spec.constraints);
  for (auto& [name, option] : schema["properties"].items()) option = with_parameters(option);
  if (!spec.connection_family.empty()) {
    schema["properties"]["connection"] = {
        {"type", "string"},
        {"description", "A connection of osiris_connections.yaml; without it the family's default"},
        {"pattern", cat("^(@", spec.connection_family, R"(\..+|.*)", kParameter, ".*)$")}};
  }
  schema["title"] = spec.title;
  return schema;
}

Json modes_of(Role role) {
  switch (role) {
    case Role::kExtractor:
      return {"read", "extract"};
    case Role::kProcessor:
      return Json::array({"transform"});
    case Role::kWriter:
      return {"write", "load"};
  }
  return Json::array();
}

/// What a step must be where its component is this one.
Json alternative(const ComponentSpec& spec) {
  Json names = Json::array({spec.name});
  for (const std::string& alias : spec.aliases) names.push_back(alias);
  Json then{
      {"properties",
       {{"config", {{"$ref", cat("#/$defs/", spec.name)}}}, {"mode", {{"enum", modes_of(spec.role)}}}}}};
  const bool needs_config =
      std::ranges::any_of(spec.fields, [](const Field& field) { return field.is_required; });
  if (needs_config) then["required"] = {"config"};
  return {
      {"if", {{"properties", {{"component", {{"enum", names}}}}}, {"required", {"component"}}}},
      {"then", then},
  };
}

Json step_schema(const Registry& registry) {
  Json names = Json::array();
  Json alternatives = Json::array();
  for (const std::string& name : registry.names()) {
    const ComponentSpec& spec = registry.find(name)->spec;
    names.push_back(spec.name);
    for (const std::string& alias : spec.aliases) names.push_back(alias);
    alternatives.push_back(alternative(spec));
  }
  const Json retry{{"type", "object"},
                   {"description", "Start again when a connection fails before the first row"},
                   {"properties",
                    {{"max", with_parameters({{"type", "integer"}, {"minimum", 0}, {"maximum", 100}})},
                     {"backoff", duration_schema("Before the first retry; doubled for each that follows")}}},
                   {"additionalProperties", false}};
  return {{"type", "object"},
          {"properties",
           {{"id",
             {{"type", "string"},
              {"pattern", "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$"},
              {"description", "Names the step, and its folder among the artifacts"}}},
            {"component", {{"enum", names}, {"description", "What the step is made of"}}},
            {"mode", {{"type", "string"}, {"description", "What the component does; may be left out"}}},
            {"config", {{"type", {"object", "null"}}}},
            {"needs",
             {{"type", {"array", "null"}},
              {"items", {{"type", "string"}}},
              {"description", "Steps that must be complete before"}}},
            {"inputs",
             {{"type", {"object", "null"}},
              {"additionalProperties", {{"type", "string"}}},
              {"description", "Named streams of other steps, df: \"${orders.df}\""}}},
            {"retry", retry},
            {"timeout", duration_schema("The step is stopped after this time")}}},
          {"required", {"id", "component"}},
          {"additionalProperties", false},
          {"allOf", alternatives}};
}

Json params_schema() {
  const Json scalar{{"type", {"string", "number", "boolean", "null"}}};
  const Json declared{{"type", "object"},
                      {"properties",
                       {{"default", scalar},
                        {"type", {{"enum", {"string", "integer", "number", "boolean"}}}},
                        {"enum", {{"type", "array"}}},
                        {"description", {{"type", "string"}}}}},
                      {"additionalProperties", false}};
  return {{"type", {"object", "null"}},
          {"description", "Values that ${params.name} stands for"},
          {"additionalProperties", {{"anyOf", {scalar, declared}}}}};
}

Json profiles_schema() {
  const Json profile{{"type", "object"},
                     {"properties", {{"params", {{"type", {"object", "null"}}}}}},
                     {"additionalProperties", false}};
  return {{"type", {"object", "null"}},
          {"description", "Other values of the parameters, for --profile"},
          {"additionalProperties", profile}};
}

}  // namespace

Json oml_schema(const Registry& registry) {
  Json definitions{{"parameter", {{"type", "string"}, {"pattern", kParameter}}},
                   {"step", step_schema(registry)}};
  for (const std::string& name : registry.names())
    definitions[name] = component_config(registry.find(name)->spec);
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "OML 0.1.0, a pipeline of Osiris"},
          {"type", "object"},
          {"properties",
           {{"oml_version", {{"const", "0.1.0"}}},
            {"name", text_schema("The pipeline's name; without it that of the file")},
            {"description", text_schema("For people")},
            {"metadata", {{"type", {"object", "null"}}, {"description", "Whatever you want to keep here"}}},
            {"params", params_schema()},
            {"profiles", profiles_schema()},
            {"concurrency",
             {{"enum", {"allow", "forbid"}}, {"description", "Whether two runs may go on at once"}}},
            {"steps", {{"type", "array"}, {"minItems", 1}, {"items", {{"$ref", "#/$defs/step"}}}}}}},
          {"required", {"steps"}},
          {"additionalProperties", false},
          {"$defs", definitions}};
}

}  // namespace osiris
