#include "compile/oml.h"

#include "base/sha256.h"
#include "base/text.h"
#include "compile/params.h"

namespace osiris {

namespace {

using yaml::Node;

const std::vector<std::string> kTopKeys{"oml_version", "name",     "description", "metadata",
                                        "params",      "profiles", "concurrency", "steps"};
const std::vector<std::string> kStepKeys{"id",    "component", "mode",  "config",
                                         "needs", "inputs",    "retry", "timeout"};
const std::vector<std::string> kParamKeys{"default", "type", "enum", "description"};
const std::vector<std::string> kParamTypes{"string", "integer", "number", "boolean"};

/// Step ids name folders, so they are plain words.
bool is_step_id(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !id.empty() && id.size() <= 100 && id.front() != '.' && id.front() != '-' &&
         id.find_first_not_of(kAllowed) == std::string_view::npos;
}

class OmlReader {
 public:
  OmlReader(std::string file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  /// The parts that parameters cannot be in; `steps` are read afterwards.
  Pipeline read_head(const Node& root, const std::string& stem) {
    Pipeline pipeline;
    pipeline.name = stem;
    pipeline.oml_version = "0.1.0";
    check_keys(root, kTopKeys, "at the top level");
    if (const Node* version = root.find("oml_version")) read_version(*version, pipeline);
    if (const Node* name = text(root, "name")) pipeline.name = name->text;
    if (is_blank(pipeline.name)) report("oml.invalid_value", "the pipeline's name is empty", "", root);
    if (const Node* description = text(root, "description")) pipeline.description = description->text;
    if (const Node* metadata = map(root, "metadata")) pipeline.metadata = metadata->to_json();
    if (const Node* concurrency = text(root, "concurrency")) {
      if (concurrency->text != "forbid" && concurrency->text != "allow") {
        report("oml.invalid_value", cat("concurrency must be forbid or allow, not '", concurrency->text, "'"),
               "", *concurrency);
      }
      pipeline.forbids_concurrency = concurrency->text == "forbid";
    }
    if (const Node* params = map(root, "params")) {
      for (const auto& entry : params->entries) pipeline.params.push_back(read_param(entry));
    }
    if (const Node* profiles = map(root, "profiles")) read_profiles(*profiles, pipeline);
    return pipeline;
  }

  void read_steps(const Node& root, Pipeline& pipeline) {
    const Node* steps = root.find("steps");
    if (steps == nullptr || (steps->is_sequence() && steps->items.empty())) {
      report("oml.no_steps", "the pipeline has no steps", "add steps: with at least one step", root);
      return;
    }
    if (!expect(*steps, Node::Kind::kSequence, "steps")) return;
    for (const Node& node : steps->items) {
      if (expect(node, Node::Kind::kMap, "a step")) pipeline.steps.push_back(read_step(node));
    }
  }

  void report(const std::string& code, const std::string& message, const std::string& hint, const Node& at) {
    diagnostics_.add({Finding::Severity::kError, code, message, hint, place(at.line, at.column), step_id_});
  }

 private:
  Location place(int line, int column) const { return {file_, line, column}; }

  bool expect(const Node& node, Node::Kind kind, const std::string& what) {
    if (node.kind == kind) return true;
    report("oml.wrong_type", cat(what, " must be ", describe(kind), ", not ", describe(node.kind)), "", node);
    return false;
  }

  const Node* text(const Node& parent, std::string_view key) {
    const Node* node = parent.find(key);
    if (node == nullptr || !expect(*node, Node::Kind::kText, cat("'", key, "'"))) return nullptr;
    return node;
  }

  const Node* map(const Node& parent, std::string_view key) {
    const Node* node = parent.find(key);
    if (node == nullptr || node->kind == Node::Kind::kNull) return nullptr;
    return expect(*node, Node::Kind::kMap, cat("'", key, "'")) ? node : nullptr;
  }

  void check_keys(const Node& node, const std::vector<std::string>& known, const std::string& where) {
    for (const auto& entry : node.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      diagnostics_.add({Finding::Severity::kError, "oml.unknown_key",
                        cat("unknown key ", where, ": '", entry.key, "'"), suggestion(entry.key, known),
                        place(entry.line, entry.column), step_id_});
    }
  }

  void read_version(const Node& node, Pipeline& pipeline) {
    pipeline.oml_version = node.text;
    if (node.text != "0.1.0") {
      report("oml.unsupported_version", cat("unsupported oml_version: '", node.text, "'"),
             "write oml_version: \"0.1.0\"", node);
    }
  }

  OmlParam read_param(const Node::Entry& entry) {
    OmlParam param;
    param.name = entry.key;
    param.location = place(entry.line, entry.column);
    if (!entry.value.is_map()) {
      if (entry.value.is_sequence()) {
        report("oml.wrong_type", cat("the default of the parameter '", entry.key, "' must be a single value"),
               "", entry.value);
      } else if (entry.value.kind != Node::Kind::kNull) {
        param.default_value = entry.value;
      }
      return param;
    }
    check_keys(entry.value, kParamKeys, cat("of the parameter '", entry.key, "'"));
    if (const Node* type = text(entry.value, "type")) {
      param.type = type->text;
      if (std::find(kParamTypes.begin(), kParamTypes.end(), param.type) == kParamTypes.end()) {
        report("oml.invalid_value",
               cat("unknown type of the parameter '", entry.key, "': '", type->text, "'"),
               suggestion(type->text, kParamTypes), *type);
        param.type.clear();
      }
    }
    const Node* value = entry.value.find("default");
    if (value != nullptr && value->kind != Node::Kind::kNull) param.default_value = *value;
    if (const Node* allowed = entry.value.find("enum");
        allowed != nullptr && expect(*allowed, Node::Kind::kSequence, "'enum'")) {
      for (const Node& item : allowed->items) param.allowed.push_back(item.to_json());
    }
    return param;
  }

  void read_profiles(const Node& profiles, Pipeline& pipeline) {
    static const std::vector<std::string> kProfileKeys{"params"};
    for (const auto& entry : profiles.entries) {
      if (!expect(entry.value, Node::Kind::kMap, cat("the profile '", entry.key, "'"))) continue;
      check_keys(entry.value, kProfileKeys, cat("of the profile '", entry.key, "'"));
      map(entry.value, "params");
    }
    pipeline.profiles = profiles;
  }

  OmlStep read_step(const Node& node) {
    OmlStep step;
    step.location = place(node.line, node.column);
    if (const Node* id = required_text(node, "id")) {
      step.id = step_id_ = id->text;
      step.location = place(id->line, id->column);
      if (!is_step_id(step.id)) {
        report("oml.invalid_value",
               cat("a step's id has letters, digits, '_', '-' and '.' only: '", step.id, "'"), "", *id);
      }
    }
    check_keys(node, kStepKeys, "of a step");
    if (const Node* component = required_text(node, "component")) step.component = placed(*component);
    if (const Node* mode = text(node, "mode")) step.mode = placed(*mode);
    if (const Node* needs = node.find("needs")) step.needs = read_needs(*needs);
    if (const Node* inputs = map(node, "inputs")) step.inputs = read_inputs(*inputs);
    if (const Node* config = map(node, "config")) step.config = *config;
    if (step.config.kind == Node::Kind::kNull) {
      step.config.kind = Node::Kind::kMap;
      step.config.line = node.line;
      step.config.column = node.column;
    }
    if (const Node* retry = map(node, "retry")) step.retry = read_retry(*retry);
    if (const Node* timeout = text(node, "timeout")) step.timeout_ms = read_duration(*timeout, "timeout");
    step_id_.clear();
    return step;
  }

  PlacedText placed(const Node& node) const { return {node.text, place(node.line, node.column)}; }

  const Node* required_text(const Node& step, const std::string& key) {
    if (step.find(key) != nullptr) return text(step, key);
    report("oml.missing_key", cat("the step has no '", key, "'"), "", step);
    return nullptr;
  }

  std::vector<PlacedText> read_needs(const Node& node) {
    std::vector<PlacedText> needs;
    if (node.kind == Node::Kind::kNull || !expect(node, Node::Kind::kSequence, "'needs'")) return needs;
    for (const Node& item : node.items) {
      if (expect(item, Node::Kind::kText, "an entry of 'needs'")) needs.push_back(placed(item));
    }
    return needs;
  }

  std::vector<OmlInput> read_inputs(const Node& node) {
    std::vector<OmlInput> inputs;
    for (const auto& entry : node.entries) {
      if (!expect(entry.value, Node::Kind::kText, cat("the input '", entry.key, "'"))) continue;
      PlacedText step = placed(entry.value);
      // "${orders.df}", "@orders" and "orders" all name the one stream that the step has.
      if (step.text.starts_with("${") && step.text.ends_with("}"))
        step.text = step.text.substr(2, step.text.size() - 3);
      if (step.text.starts_with("@")) step.text.erase(0, 1);
      if (step.text.ends_with(".df")) step.text.resize(step.text.size() - 3);
      inputs.push_back({entry.key, std::move(step)});
    }
    return inputs;
  }

  std::int64_t read_duration(const Node& node, const std::string& key) {
    if (const auto milliseconds = parse_duration_ms(node.text)) return *milliseconds;
    report("oml.invalid_value", cat("'", key, "' must be a duration like 30s, not '", node.text, "'"), "",
           node);
    return 0;
  }

  RetryPolicy read_retry(const Node& node) {
    static const std::vector<std::string> kRetryKeys{"max", "backoff"};
    check_keys(node, kRetryKeys, "of 'retry'");
    RetryPolicy policy;
    if (const Node* most = node.find("max");
        most != nullptr && expect(*most, Node::Kind::kInteger, "'max'")) {
      policy.max = parse_integer(most->text).value_or(-1);
      if (policy.max < 0 || policy.max > 100)
        report("oml.invalid_value", "'max' must be 0 to 100", "", *most);
    }
    if (const Node* backoff = text(node, "backoff")) policy.backoff_ms = read_duration(*backoff, "backoff");
    return policy;
  }

  std::string file_;
  Diagnostics& diagnostics_;
  std::string step_id_;  ///< of the step under way
};

}  // namespace

std::string oml_fingerprint(const yaml::Node& root) { return fingerprint(canonical_json(root.to_json())); }

Pipeline read_oml(std::string_view text, const std::string& file, const std::string& stem,
                  const ParamSources& sources, Json& params, Diagnostics& diagnostics) {
  Node root = yaml::parse(text, file);
  OmlReader reader(file, diagnostics);
  if (!root.is_map()) {
    throw Error(ErrorKind::kUser, "oml.not_a_pipeline", "a pipeline file is a map with steps",
                "see osiris init for an example")
        .at({file, std::max(root.line, 1), std::max(root.column, 1)});
  }
  Pipeline pipeline = reader.read_head(root, stem);
  pipeline.fingerprint = oml_fingerprint(root);
  params = resolve_params(pipeline, sources, file, diagnostics);
  for (auto& entry : root.entries) {
    if (entry.key == "steps") substitute_params(entry.value, params, file, diagnostics);
  }
  reader.read_steps(root, pipeline);
  return pipeline;
}

}  // namespace osiris
