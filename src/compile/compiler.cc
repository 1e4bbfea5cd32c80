#include "compile/compiler.h"

#include <map>

#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "compile/graph.h"
#include "compile/incremental.h"
#include "compile/secret_scan.h"
#include "compile/step_config.h"

namespace osiris {

namespace {

/// A step with what its component says of it.
struct CheckedStep {
  const OmlStep* oml = nullptr;
  const RegisteredComponent* component = nullptr;  ///< null when unknown
  std::vector<ManifestStep::Input> inputs;
};

bool has_stream(const CheckedStep& step) {
  return step.component != nullptr && step.component->spec.role != Role::kWriter;
}

/// Checks the steps one by one, then the graph that they make, then writes the manifest.
class Compiler {
 public:
  Compiler(std::string file, const Connections& connections, const Registry& registry,
           Diagnostics& diagnostics)
      : file_(std::move(file)), connections_(connections), registry_(registry), diagnostics_(diagnostics) {}

  std::optional<Manifest> compile(const Pipeline& pipeline, const Json& params) {
    for (const OmlStep& step : pipeline.steps) add_step(step);
    for (std::size_t index = 0; index < steps_.size(); ++index) wire(index);
    const std::vector<std::size_t> order = check_graph();
    std::vector<ManifestStep> resolved;
    for (std::size_t index = 0; index < steps_.size(); ++index) resolved.push_back(manifest_step(index));
    const auto keeps = [this](const ManifestStep& writer) { return keeps_marks(writer); };
    if (!diagnostics_.has_errors()) check_incremental_reads(resolved, file_, keeps, diagnostics_);
    if (diagnostics_.has_errors()) return std::nullopt;
    for (const std::size_t index : order) manifest_.steps.push_back(std::move(resolved[index]));
    manifest_.name = pipeline.name;
    manifest_.description = pipeline.description;
    manifest_.metadata = pipeline.metadata;
    manifest_.oml_version = pipeline.oml_version;
    manifest_.compiler = compiler_version();
    manifest_.forbids_concurrency = pipeline.forbids_concurrency;
    manifest_.params = params;
    manifest_.oml_fingerprint = pipeline.fingerprint;
    manifest_.params_fingerprint = fingerprint(canonical_json(params));
    describe_components();
    return std::move(manifest_);
  }

  void set_profile(const std::string& profile) { manifest_.profile = profile; }

 private:
  /// Of the connection only the names of its fields are known here.
  bool keeps_marks(const ManifestStep& writer) const {
    const std::vector<std::string>& fields = registry_.find(writer.component)->spec.marks_with;
    if (fields.empty()) return true;
    const ConnectionEntry& entry = connections_.find(writer.connection);
    const ConnectionSpec& spec = registry_.connection_spec(entry.family);
    return std::ranges::any_of(entry.fields, [&](const ConnectionEntry::FieldText& given) {
      const Field* field = spec.find(given.name);
      return field != nullptr && std::ranges::find(fields, field->name) != fields.end();
    });
  }

  void report(const std::string& code, const std::string& message, const std::string& hint,
              const Location& location, const std::string& step_id,
              Finding::Severity severity = Finding::Severity::kError) {
    diagnostics_.add({severity, code, message, hint, location, step_id});
  }

  void add_step(const OmlStep& step) {
    CheckedStep checked;
    checked.oml = &step;
    if (!step.id.empty() && !index_of_.emplace(step.id, steps_.size()).second) {
      report("oml.duplicate_id", cat("two steps have the id '", step.id, "'"),
             cat("the first is in line ", steps_[index_of_[step.id]].oml->location.line), step.location,
             step.id);
    }
    if (!step.component.text.empty()) {
      checked.component = registry_.find(step.component.text);
      if (checked.component == nullptr) {
        report("oml.unknown_component", cat("unknown component: '", step.component.text, "'"),
               suggestion(step.component.text, registry_.names()), step.component.location, step.id);
      }
    }
    check_mode(checked);
    steps_.push_back(std::move(checked));
  }

  void check_mode(const CheckedStep& step) {
    static const std::vector<std::string> kModes{"read", "transform", "write"};
    std::string mode = step.oml->mode.text;
    if (mode.empty()) return;
    if (mode == "extract") mode = "read";
    if (mode == "load") mode = "write";
    if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
      report("oml.unknown_mode", cat("unknown mode: '", mode, "'"), suggestion(mode, kModes),
             step.oml->mode.location, step.oml->id);
    } else if (step.component != nullptr && mode != mode_of(step.component->spec.role)) {
      report("oml.wrong_mode", cat(step.component->spec.name, " has no mode '", step.oml->mode.text, "'"),
             cat("write mode: ", mode_of(step.component->spec.role)), step.oml->mode.location, step.oml->id);
    }
  }

  /// The index of the step that a text names, or nothing with a finding.
  std::optional<std::size_t> lookup(const PlacedText& name, const OmlStep& from) {
    const auto found = index_of_.find(name.text);
    if (found != index_of_.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [id, index] : index_of_) {
      if (id != from.id) known.push_back(id);
    }
    report("oml.unknown_step", cat("unknown step: '", name.text, "'"), suggestion(name.text, known),
           name.location, from.id);
    return std::nullopt;
  }

  void wire(std::size_t index) {
    CheckedStep& step = steps_[index];
    const OmlStep& oml = *step.oml;
    GraphStep& node = graph_.emplace_back();
    std::vector<std::size_t> needed;
    for (const PlacedText& need : oml.needs.value_or(std::vector<PlacedText>())) {
      if (const auto found = lookup(need, oml)) needed.push_back(*found);
    }
    const bool takes_input = step.component == nullptr || step.component->spec.role != Role::kExtractor;
    if (oml.inputs) {
      for (const OmlInput& input : *oml.inputs) {
        const auto found = lookup(input.step, oml);
        if (!found) continue;
        if (!has_stream(steps_[*found]) && steps_[*found].component != nullptr) {
          report("oml.no_stream", cat("the step '", input.step.text, "' is a writer: no rows come out of it"),
                 "", input.step.location, oml.id);
        }
        step.inputs.push_back({input.name, input.step.text});
        node.inputs.push_back(*found);
      }
    } else if (takes_input) {
      if (!oml.needs && index > 0) needed.push_back(index - 1);
      for (const std::size_t other : needed) {
        if (other == index || !has_stream(steps_[other])) continue;
        step.inputs.push_back({steps_[other].oml->id, steps_[other].oml->id});
        node.inputs.push_back(other);
      }
    }
    for (const std::size_t other : needed) {
      if (std::find(node.inputs.begin(), node.inputs.end(), other) != node.inputs.end()) continue;
      node.after.push_back(other);
    }
    check_inputs(step, index);
  }

  void check_inputs(const CheckedStep& step, std::size_t index) {
    if (step.component == nullptr) return;
    const ComponentSpec& spec = step.component->spec;
    const OmlStep& oml = *step.oml;
    if (spec.role == Role::kExtractor) {
      if (oml.inputs && !oml.inputs->empty()) {
        report("oml.unexpected_input", cat(spec.name, " reads from outside and takes no input"),
               "write needs: to order the steps", oml.location, oml.id);
      }
      return;
    }
    const bool names_something = (oml.inputs && !oml.inputs->empty()) || (oml.needs && !oml.needs->empty());
    if (step.inputs.empty() && !spec.has_optional_inputs && !(names_something && diagnostics_.has_errors())) {
      const bool follows_writer = !oml.needs && index > 0;
      report("oml.no_input", cat("no rows flow into the step '", oml.id, "'"),
             follows_writer ? cat("the step before it, '", steps_[index - 1].oml->id,
                                  "', is a writer; name a source in needs:")
                            : "name a source in needs:",
             oml.location, oml.id);
    }
    if (step.inputs.size() > 1 && !spec.accepts_many_inputs) {
      report("oml.too_many_inputs",
             cat(spec.name, " takes one input, and ", step.inputs.size(), " flow into '", oml.id, "'"),
             "name the one in inputs: {df: \"${step.df}\"}; needs: then only orders", oml.location, oml.id);
    }
  }

  std::vector<std::size_t> check_graph() {
    const std::vector<std::size_t> cycle = find_cycle(graph_);
    if (!cycle.empty()) {
      std::vector<std::string> ids;
      for (const std::size_t index : cycle) ids.push_back(steps_[index].oml->id);
      ids.push_back(ids.front());
      const OmlStep& first = *steps_[cycle.front()].oml;
      report("oml.cycle", cat("the steps wait for each other: ", join(ids, " -> ")),
             "take one of the needs: out", first.location, first.id);
      return {};
    }
    drop_implied_order(graph_);
    for (const Standstill& standstill : find_standstills(graph_)) report_standstill(standstill);
    warn_of_unread_steps();
    return stable_order(graph_);
  }

  void report_standstill(const Standstill& standstill) {
    const OmlStep& source = *steps_[standstill.source].oml;
    const std::string message =
        cat("the steps '", steps_[standstill.first].oml->id, "' and '", steps_[standstill.second].oml->id,
            "' must run at the same time and one after the other");
    report("oml.standstill", message, "give one of them an extractor of its own", source.location, source.id);
  }

  void warn_of_unread_steps() {
    std::vector<bool> is_read(steps_.size(), false);
    for (const GraphStep& node : graph_) {
      for (const std::size_t input : node.inputs) is_read[input] = true;
    }
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      if (is_read[index] || !has_stream(steps_[index])) continue;
      const OmlStep& oml = *steps_[index].oml;
      report("oml.unread_step",
             cat("nobody reads the rows of the step '", oml.id, "'; they are counted and dropped"),
             "add a writer", oml.location, oml.id, Finding::Severity::kWarning);
    }
  }

  /// The connection of a step, "@family.alias", and the dialect of its SQL.
  std::string check_connection(const CheckedStep& step) {
    const ComponentSpec& spec = step.component->spec;
    const yaml::Node* named = step.oml->config.find("connection");
    if (spec.connection_family.empty()) return {};
    const Location location =
        named == nullptr ? step.oml->location : Location{file_, named->line, named->column};
    try {
      if (named == nullptr) return connections_.default_of(spec.connection_family).reference();
      const ConnectionEntry& entry = connections_.find(named->text);
      if (entry.family == spec.connection_family) return entry.reference();
      report("oml.wrong_family", cat(spec.name, " cannot use the connection '", named->text, "'"),
             cat("it needs one of the family '", spec.connection_family, "'"), location, step.oml->id);
    } catch (Error& error) {
      error.set_location(location);
      diagnostics_.add(error, step.oml->id);
    }
    return {};
  }

  ManifestStep manifest_step(std::size_t index) {
    const CheckedStep& step = steps_[index];
    ManifestStep out;
    const OmlStep& oml = *step.oml;
    if (step.component == nullptr) return out;
    const ComponentSpec& spec = step.component->spec;
    const ConnectionSpec* connection =
        spec.connection_family.empty() ? nullptr : &registry_.connection_spec(spec.connection_family);
    out.id = oml.id;
    out.component = spec.name;
    out.mode = mode_of(spec.role);
    out.connection = check_connection(step);
    out.inputs = step.inputs;
    for (const std::size_t other : graph_[index].after) out.after.push_back(steps_[other].oml->id);
    out.config = check_step_config(oml, spec, connection == nullptr ? spec.dialect : connection->dialect,
                                   connection, file_, diagnostics_);
    out.retry_max = oml.retry.max;
    out.retry_backoff_ms = oml.retry.backoff_ms;
    out.timeout_ms = oml.timeout_ms;
    // Only the file's name: the manifest must not know in which folder it was compiled.
    out.location =
        Location{fs::path(file_).filename().string(), oml.location.line, oml.location.column}.to_string();
    return out;
  }

  void describe_components() {
    std::map<std::string, const RegisteredComponent*> used;
    for (const CheckedStep& step : steps_) used[step.component->spec.name] = step.component;
    std::string texts;
    for (const auto& [name, component] : used) {
      std::string text(component->component->spec);
      if (!component->spec.connection_family.empty()) {
        text += registry_.find_connection_type(component->spec.connection_family)->spec;
      }
      const std::string print = fingerprint(text);
      manifest_.components[name] = cat(component->spec.version, " ", print);
      texts += print;
    }
    manifest_.specs_fingerprint = fingerprint(texts);
  }

  std::string file_;
  const Connections& connections_;
  const Registry& registry_;
  Diagnostics& diagnostics_;
  std::vector<CheckedStep> steps_;
  std::vector<GraphStep> graph_;
  std::map<std::string, std::size_t> index_of_;
  Manifest manifest_;
};

}  // namespace

std::string compiler_version() { return cat("osiris ", OSIRIS_VERSION); }

CompileResult compile(std::string_view oml, const std::string& file, const ParamSources& sources,
                      const Connections& connections, const Registry& registry) {
  CompileResult result;
  // Alone, for other findings may repeat what stands in the file.
  if (refuse_secrets(oml, file, result.diagnostics)) return result;
  try {
    Json params;
    const Pipeline pipeline =
        read_oml(oml, file, fs::path(file).stem().string(), sources, params, result.diagnostics);
    result.name = pipeline.name;
    if (refuse_secrets_in_params(params, file, result.diagnostics)) return result;
    Compiler compiler(file, connections, registry, result.diagnostics);
    if (sources.profile) compiler.set_profile(*sources.profile);
    result.manifest = compiler.compile(pipeline, params);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    result.diagnostics.add(error);
  }
  return result;
}

}  // namespace osiris
