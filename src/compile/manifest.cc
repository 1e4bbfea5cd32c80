#include "compile/manifest.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "format/yaml.h"

namespace osiris {

namespace {

constexpr std::string_view kVersionKey = "manifest_version: ";
constexpr std::string_view kVersion = "1";

Json step_json(const ManifestStep& step) {
  Json json{{"id", step.id}, {"component", step.component}, {"mode", step.mode}};
  if (!step.connection.empty()) json["connection"] = step.connection;
  if (!step.inputs.empty()) {
    for (const auto& input : step.inputs)
      json["inputs"].push_back({{"name", input.name}, {"step", input.step_id}});
  }
  if (!step.after.empty()) json["after"] = step.after;
  json["config"] = step.config;
  if (step.retry_max > 0) json["retry"] = {{"max", step.retry_max}, {"backoff_ms", step.retry_backoff_ms}};
  if (step.timeout_ms > 0) json["timeout_ms"] = step.timeout_ms;
  json["location"] = step.location;
  return json;
}

Json manifest_json(const Manifest& manifest, const std::string& fingerprint_text) {
  Json json{{"manifest_version", kVersion}, {"name", manifest.name}};
  if (!manifest.description.empty()) json["description"] = manifest.description;
  if (!manifest.metadata.empty()) json["metadata"] = manifest.metadata;
  json["oml_version"] = manifest.oml_version;
  json["compiler"] = manifest.compiler;
  if (!manifest.profile.empty()) json["profile"] = manifest.profile;
  if (manifest.forbids_concurrency) json["concurrency"] = "forbid";
  json["params"] = manifest.params;
  json["components"] = manifest.components;
  json["fingerprints"] = {{"oml", manifest.oml_fingerprint},
                          {"params", manifest.params_fingerprint},
                          {"specs", manifest.specs_fingerprint}};
  for (const ManifestStep& step : manifest.steps) json["steps"].push_back(step_json(step));
  json["fingerprint"] = fingerprint_text;
  return json;
}

/// Reads a manifest's fields; whatever is missing or of another type makes it malformed.
class ManifestReader {
 public:
  explicit ManifestReader(std::string file) : file_(std::move(file)) {}

  Manifest read(const Json& json) const {
    Manifest manifest;
    if (text(json, "manifest_version") != kVersion) fail("its manifest_version is not 1");
    manifest.name = text(json, "name");
    manifest.description = json.value("description", "");
    manifest.metadata = json.value("metadata", Json::object());
    manifest.oml_version = text(json, "oml_version");
    manifest.compiler = text(json, "compiler");
    manifest.profile = json.value("profile", "");
    manifest.forbids_concurrency = json.value("concurrency", "allow") == "forbid";
    manifest.params = member(json, "params");
    manifest.components = member(json, "components");
    const Json& prints = member(json, "fingerprints");
    manifest.oml_fingerprint = text(prints, "oml");
    manifest.params_fingerprint = text(prints, "params");
    manifest.specs_fingerprint = text(prints, "specs");
    for (const Json& step : member(json, "steps")) manifest.steps.push_back(read_step(step));
    return manifest;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kUser, "manifest.malformed", cat("this is not a manifest: ", what),
                "compile the pipeline again")
        .at({file_, 0, 0});
  }

 private:
  const Json& member(const Json& json, const char* key) const {
    if (!json.is_object() || !json.contains(key)) fail(cat("'", key, "' is missing"));
    return json.at(key);
  }

  std::string text(const Json& json, const char* key) const {
    const Json& value = member(json, key);
    if (!value.is_string()) fail(cat("'", key, "' is not text"));
    return value.get<std::string>();
  }

  ManifestStep read_step(const Json& json) const {
    ManifestStep step;
    step.id = text(json, "id");
    step.component = text(json, "component");
    step.mode = text(json, "mode");
    step.connection = json.value("connection", "");
    for (const Json& input : json.value("inputs", Json::array())) {
      step.inputs.push_back({text(input, "name"), text(input, "step")});
    }
    for (const Json& id : json.value("after", Json::array())) step.after.push_back(id.get<std::string>());
    step.config = member(json, "config");
    if (json.contains("retry")) {
      step.retry_max = json["retry"].value("max", std::int64_t{0});
      step.retry_backoff_ms = json["retry"].value("backoff_ms", std::int64_t{1000});
    }
    step.timeout_ms = json.value("timeout_ms", std::int64_t{0});
    step.location = text(json, "location");
    return step;
  }

  std::string file_;
};

}  // namespace

const ManifestStep* Manifest::find(std::string_view step_id) const {
  for (const ManifestStep& step : steps) {
    if (step.id == step_id) return &step;
  }
  return nullptr;
}

std::string print_manifest(const Manifest& manifest) {
  const std::string print = fingerprint(yaml::print(manifest_json(manifest, "")));
  return yaml::print(manifest_json(manifest, print));
}

std::string manifest_fingerprint(std::string_view text) {
  constexpr std::string_view kKey = "\nfingerprint: ";
  const std::size_t at = text.rfind(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view value = trim(text.substr(at + kKey.size()));
  return std::string(value.size() > 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value);
}

Manifest parse_manifest(std::string_view text, const std::string& file, bool accept_edited) {
  const ManifestReader reader(file);
  const Json json = yaml::parse(text, file).to_json();
  Manifest manifest;
  try {
    manifest = reader.read(json);
  } catch (const Json::exception&) {
    reader.fail("a value has the wrong type");
  }
  if (!accept_edited && print_manifest(manifest) != text) {
    throw Error(ErrorKind::kUser, "manifest.edited",
                cat("the manifest was changed after it was compiled: '", file, "'"),
                "compile the pipeline again, or run with --accept-edited");
  }
  return manifest;
}

bool looks_like_manifest(std::string_view text) {
  return text.starts_with(kVersionKey) || text.find(cat("\n", kVersionKey)) != std::string_view::npos;
}

}  // namespace osiris
