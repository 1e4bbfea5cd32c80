#include "session/recorded_manifest.h"

#include "base/error.h"
#include "format/yaml.h"
#include "session/session_files.h"

namespace osiris {

std::vector<RecordedStep> recorded_steps(const fs::path& folder) {
  Json manifest;
  try {
    manifest = yaml::parse(content_or_empty(folder / kManifestFile), std::string(kManifestFile)).to_json();
  } catch (const Error&) {
    return {};  // a session that was cut off before it had one
  }
  std::vector<RecordedStep> steps;
  if (!manifest.is_object() || !manifest.contains("steps") || !manifest["steps"].is_array()) return {};
  for (Json& fields : manifest["steps"]) {
    if (!fields.is_object() || !fields.contains("id") || !fields["id"].is_string()) continue;
    RecordedStep step{fields["id"].get<std::string>(), std::move(fields)};
    step.fields.erase("id");
    step.fields.erase("location");
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace osiris
