#include "remote/luggage.h"

#include <algorithm>

#include <glob.h>

#include "base/error.h"
#include "base/text.h"
#include "compile/incremental.h"
#include "run/incremental_read.h"
#include "state/mark_store.h"

namespace osiris::remote {

namespace {

namespace fs = std::filesystem;

/// What standard input and output are called; in a sandbox they are the worker's own.
constexpr std::string_view kStandardStream = "-";

class Packer {
 public:
  Packer(const Project& project, const Registry& registry) : project_(project), registry_(registry) {}

  Luggage pack(const Manifest& manifest) {
    for (const ManifestStep& step : manifest.steps) {
      const RegisteredComponent* const component = registry_.find(step.component);
      if (component == nullptr) continue;  // the worker says so
      const Location place = Location::parse(step.location);
      located(place, [&] { add_step(step, component->spec); });
      if (is_incremental(step)) add_mark(step, manifest);
    }
    return std::move(luggage_);
  }

 private:
  void add_step(const ManifestStep& step, const ComponentSpec& spec) {
    luggage_.needs_engine = luggage_.needs_engine || spec.uses_engine;
    if (!step.connection.empty()) add_connection(step.connection);
    const bool is_partitioned = spec.role == Role::kWriter && step.config.contains("partition_by");
    if (is_partitioned && !step.config.contains("path")) {
      throw Error(ErrorKind::kUser, "remote.partitions",
                  "a folder of partitions comes back from a sandbox to its path only",
                  "give the step a path, or run the pipeline locally");
    }
    for (const std::string& name : texts_of(step.config, "secrets"))
      add_variable(name, project_.environment().value_of(name));
    for (const Field& field : spec.fields) {
      if (!field.is_path) continue;
      const bool is_pinned =
          std::ranges::any_of(spec.fields, [&](const Field& other) { return other.hash_of == field.name; });
      const bool is_target = spec.role == Role::kWriter && !is_pinned;
      // What is added to has to be there.
      const bool is_read =
          !is_target || spec.commit == "append" || step.config.value("write_mode", "") == "append";
      for (const std::string& path : texts_of(step.config, field.name)) {
        add_path(path, is_read, is_target);
        if (is_target) luggage_.targets.push_back(path);
        if (is_target && is_partitioned) luggage_.trees.push_back(fs::path(path).lexically_normal().string());
      }
    }
  }

  void add_mark(const ManifestStep& step, const Manifest& manifest) {
    const ManifestStep* const writer = find_incremental_writer(manifest.steps, step);
    if (writer == nullptr || registry_.find(writer->component) == nullptr || keeps_its_marks(*writer)) return;
    const std::string name = mark_name(manifest.name, step.id);
    luggage_.marks.push_back({name, MarkStore(project_.folder()).find(name)});
  }

  /// Whether a writer's target keeps marks with its rows; others are kept in the project's folder.
  bool keeps_its_marks(const ManifestStep& step) const {
    if (step.connection.empty()) return false;
    const ResolvedConnection connection = resolve(project_.connections().find(step.connection),
                                                  project_.environment(), registry_, project_.folder());
    return keeps_marks(*registry_.find(step.component), connection.config);
  }

  /// The texts of a key, one or several.
  static std::vector<std::string> texts_of(const Json& config, const std::string& key) {
    std::vector<std::string> texts;
    const auto found = config.find(key);
    if (found == config.end()) return texts;
    if (found->is_string()) texts.push_back(found->get<std::string>());
    if (!found->is_array()) return texts;
    for (const Json& item : *found) {
      if (item.is_string()) texts.push_back(item.get<std::string>());
    }
    return texts;
  }

  void add_path(const std::string& path, bool is_read, bool is_target) {
    if (path == kStandardStream) {
      throw Error(ErrorKind::kUser, "remote.standard_stream",
                  "a sandbox has no standard streams for rows: '-'",
                  "name a file, or run the pipeline locally");
    }
    const fs::path inside = fs::path(path).lexically_normal();
    if (inside.is_absolute() || (!inside.empty() && *inside.begin() == "..")) {
      throw Error(ErrorKind::kUser, "remote.path_outside",
                  cat("a path outside the project does not go into a sandbox: '", path, "'"),
                  "name it from the project's folder");
    }
    if (!is_read) return;
    for (const std::string& name : matches_of(inside, is_target)) {
      if (std::ranges::find(luggage_.files, name) == luggage_.files.end()) luggage_.files.push_back(name);
    }
  }

  /// The files that a path or a pattern means; one that is not there is missed where the step reads it.
  std::vector<std::string> matches_of(const fs::path& path, bool is_target) const {
    const std::string full = project_.folder() / path;
    if (fs::is_regular_file(full)) return {path.string()};
    std::vector<std::string> names;
    glob_t found{};
    if (!is_target && ::glob(full.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t at = 0; at < found.gl_pathc; ++at) {
        const fs::path match = found.gl_pathv[at];
        if (fs::is_regular_file(match)) names.push_back(match.lexically_relative(project_.folder()).string());
      }
    }
    ::globfree(&found);
    return names;
  }

  void add_connection(const std::string& reference) {
    const ConnectionEntry& entry = project_.connections().find(reference);
    const bool is_there = std::ranges::any_of(luggage_.connections, [&](const ConnectionEntry& other) {
      return other.reference() == entry.reference();
    });
    if (is_there) return;
    for (const Field& field : registry_.connection_spec(entry.family).fields) {
      const bool is_given = std::ranges::any_of(
          entry.fields, [&](const ConnectionEntry::FieldText& given) { return given.name == field.name; });
      if (field.is_path && is_given) {
        throw Error(ErrorKind::kUser, "remote.local_database",
                    cat("a connection to a file of this machine does not go into a sandbox: '",
                        entry.reference(), "'"),
                    "use a server, or run the pipeline locally")
            .at(entry.location);
      }
    }
    for (const ConnectionEntry::FieldText& field : entry.fields) {
      for (const std::string& name : variables_in(field.text)) {
        if (const Environment::Variable* variable = project_.environment().find(name))
          add_variable(name, variable->value, variable->origin);
      }
    }
    luggage_.connections.push_back(entry);
  }

  void add_variable(const std::string& name, const Secret& value, const std::string& origin = "environment") {
    const bool is_there = std::ranges::any_of(
        luggage_.variables, [&](const WorkerOrder::Variable& other) { return other.name == name; });
    if (!is_there) luggage_.variables.push_back({name, value, origin});
  }

  const Project& project_;
  const Registry& registry_;
  Luggage luggage_;
};

}  // namespace

Luggage Luggage::pack(const Manifest& manifest, const Project& project, const Registry& registry) {
  return Packer(project, registry).pack(manifest);
}

}  // namespace osiris::remote
