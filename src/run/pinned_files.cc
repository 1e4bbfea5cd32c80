#include "run/pinned_files.h"

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"

namespace osiris {

void pin_files(Manifest& manifest, const Registry& registry, const fs::path& project) {
  for (ManifestStep& step : manifest.steps) {
    const RegisteredComponent* const component = registry.find(step.component);
    if (component == nullptr) continue;
    for (const Field& field : component->spec.fields) {
      const auto path = step.config.find(field.hash_of);
      if (field.hash_of.empty() || path == step.config.end() || step.config.contains(field.name)) continue;
      step.config[field.name] = located(Location::parse(step.location), [&] {
        return fingerprint(read_file(project / path->get<std::string>()));
      });
    }
  }
}

}  // namespace osiris
