#include "compile/params.h"

#include <set>

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::string_view kOpen = "${params.";

std::vector<std::string> declared_names(const Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const OmlParam& param : pipeline.params) names.push_back(param.name);
  return names;
}

const OmlParam* find_param(const Pipeline& pipeline, std::string_view name) {
  for (const OmlParam& param : pipeline.params) {
    if (param.name == name) return &param;
  }
  return nullptr;
}

std::string type_name(const Json& value) {
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  return value.is_string() ? "string" : "";
}

/// The type that a value must have; empty: any scalar.
std::string type_of(const OmlParam& param) {
  if (!param.type.empty() || !param.default_value) return param.type;
  return type_name(param.default_value->to_json());
}

bool fits(const Json& value, const std::string& type) {
  const std::string own = type_name(value);
  return type.empty() || own == type || (type == "number" && own == "integer");
}

/// A text given outside the file, as a value of the type; nothing when it is no such value.
std::optional<Json> from_text(const std::string& text, const std::string& type) {
  if (type == "string") return Json(text);
  yaml::Node node;
  node.text = text;
  node.kind = yaml::scalar_kind(text);
  const Json value = node.to_json();
  if (type.empty()) return value.is_null() ? Json(text) : value;
  if (fits(value, type)) return value;
  return std::nullopt;
}

/// A value of the type for a parameter that has none, so that its uses are not reported too.
Json stand_in(const std::string& type) {
  if (type == "boolean") return false;
  return type == "integer" || type == "number" ? Json(0) : Json("");
}

/// Collects the values one source after the other.
class ParamResolver {
 public:
  ParamResolver(const Pipeline& pipeline, const std::string& file, Diagnostics& diagnostics)
      : pipeline_(pipeline), file_(file), diagnostics_(diagnostics) {
    for (const OmlParam& param : pipeline.params) {
      if (param.default_value) set(param, param.default_value->to_json(), param.location);
    }
  }

  void add_profile(const std::string& name) {
    const yaml::Node* profile = pipeline_.profiles.find(name);
    if (profile == nullptr) {
      std::vector<std::string> known;
      for (const auto& entry : pipeline_.profiles.entries) known.push_back(entry.key);
      const std::string hint = known.empty() ? "the file declares no profiles" : suggestion(name, known);
      report("param.unknown_profile", cat("unknown profile: '", name, "'"), hint, {file_, 1, 1});
      return;
    }
    const yaml::Node* params = profile->find("params");
    if (params == nullptr) return;
    for (const auto& entry : params->entries) {
      const Location location{file_, entry.line, entry.column};
      if (const OmlParam* param = known(entry.key, location)) set(*param, entry.value.to_json(), location);
    }
  }

  void add_text(const std::string& name, const std::string& text, const std::string& source,
                bool must_be_declared) {
    const OmlParam* param = must_be_declared ? known(name, {source, 0, 0}) : find_param(pipeline_, name);
    if (param == nullptr) return;
    if (const auto value = from_text(text, type_of(*param))) {
      set(*param, *value, {source, 0, 0});
    } else {
      refused_.insert(name);
      report("param.wrong_type",
             cat("the parameter '", name, "' must be ", type_of(*param), ", not '", text, "'"), "",
             {source, 0, 0});
    }
  }

  Json finish() {
    for (const OmlParam& param : pipeline_.params) {
      if (values_.contains(param.name)) continue;
      values_[param.name] = stand_in(type_of(param));
      if (refused_.contains(param.name)) continue;
      report("param.missing", cat("the parameter has no value: '", param.name, "'"),
             cat("give it a default, or run with --param ", param.name, "=VALUE"), param.location);
    }
    return values_;
  }

 private:
  void report(const std::string& code, const std::string& message, const std::string& hint,
              const Location& location) {
    diagnostics_.add({Finding::Severity::kError, code, message, hint, location, {}});
  }

  const OmlParam* known(const std::string& name, const Location& location) {
    const OmlParam* param = find_param(pipeline_, name);
    if (param == nullptr) {
      const auto names = declared_names(pipeline_);
      report("param.unknown", cat("unknown parameter: '", name, "'"),
             names.empty() ? "the file declares no params" : suggestion(name, names), location);
    }
    return param;
  }

  void set(const OmlParam& param, const Json& value, const Location& location) {
    if (!fits(value, type_of(param)) || value.is_structured()) {
      refused_.insert(param.name);
      report("param.wrong_type",
             cat("the parameter '", param.name, "' must be ", type_of(param), ", not ", value.dump()), "",
             location);
      return;
    }
    if (!param.allowed.empty() &&
        std::find(param.allowed.begin(), param.allowed.end(), value) == param.allowed.end()) {
      refused_.insert(param.name);
      report("param.not_allowed",
             cat("the parameter '", param.name, "' must be one of ", Json(param.allowed).dump(), ", not ",
                 value.dump()),
             "", location);
      return;
    }
    values_[param.name] = value;
  }

  const Pipeline& pipeline_;
  const std::string& file_;
  Diagnostics& diagnostics_;
  Json values_ = Json::object();
  std::set<std::string> refused_;  ///< parameters that got a value which is reported as wrong
};

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// A node that stands for the value at the place of `at`.
yaml::Node node_of(const Json& value, const yaml::Node& at) {
  yaml::Node node = at;
  node.text = text_of(value);
  node.kind = value.is_string() ? yaml::Node::Kind::kText : yaml::scalar_kind(node.text);
  return node;
}

void substitute_text(yaml::Node& node, const Json& params, const std::string& file,
                     Diagnostics& diagnostics) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t begin = node.text.find(kOpen, at);
    const std::size_t end = begin == std::string::npos ? begin : node.text.find('}', begin);
    if (end == std::string::npos) break;
    const std::string name = node.text.substr(begin + kOpen.size(), end - begin - kOpen.size());
    if (!params.contains(name)) {
      std::vector<std::string> names;
      for (const auto& [key, value] : params.items()) names.push_back(key);
      diagnostics.add(
          {Finding::Severity::kError,
           "param.undeclared",
           cat("undeclared parameter: '", name, "'"),
           names.empty() ? cat("declare it: params: {", name, ": <default>}") : suggestion(name, names),
           {file, node.line, node.column},
           {}});
      return;
    }
    if (begin == 0 && end + 1 == node.text.size()) {
      node = node_of(params[name], node);
      return;
    }
    out += node.text.substr(at, begin - at) + text_of(params[name]);
    at = end + 1;
  }
  if (at > 0) node.text = out + node.text.substr(at);
}

}  // namespace

Json resolve_params(const Pipeline& pipeline, const ParamSources& sources, const std::string& file,
                    Diagnostics& diagnostics) {
  ParamResolver resolver(pipeline, file, diagnostics);
  if (sources.profile) resolver.add_profile(*sources.profile);
  for (const auto& [name, text] : sources.environment) {
    // The name of an environment variable is upper case, whatever the parameter's is.
    for (const OmlParam& param : pipeline.params) {
      if (to_lower(param.name) == name) resolver.add_text(param.name, text, "environment", false);
    }
  }
  for (const auto& [name, text] : sources.command_line) resolver.add_text(name, text, "--param", true);
  return resolver.finish();
}

void substitute_params(yaml::Node& node, const Json& params, const std::string& file,
                       Diagnostics& diagnostics) {
  if (node.is_text()) substitute_text(node, params, file, diagnostics);
  for (yaml::Node& item : node.items) substitute_params(item, params, file, diagnostics);
  for (auto& entry : node.entries) substitute_params(entry.value, params, file, diagnostics);
}

}  // namespace osiris
