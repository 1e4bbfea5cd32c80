#include "run/doctor.h"

#include "base/clock.h"
#include "base/text.h"

namespace osiris {

namespace {

Diagnosis examine(const ConnectionEntry& entry, const Project& project, const Registry& registry) {
  Diagnosis diagnosis;
  diagnosis.reference = entry.reference();
  const std::int64_t begin_us = steady_us();
  try {
    const ResolvedConnection connection = resolve(entry, project.environment(), registry);
    Cancellation never;
    diagnosis.server = registry.find_connection_type(entry.family)->ping(connection.config, never);
  } catch (const Error& error) {
    diagnosis.error = error;
  }
  diagnosis.elapsed_ms = (steady_us() - begin_us) / 1000;
  return diagnosis;
}

}  // namespace

std::vector<Diagnosis> examine_connections(const Project& project, const Registry& registry,
                                           const std::optional<std::string>& reference) {
  std::vector<Diagnosis> diagnoses;
  if (reference) {
    diagnoses.push_back(examine(project.connections().find(*reference), project, registry));
    return diagnoses;
  }
  for (const ConnectionEntry& entry : project.connections().entries()) {
    diagnoses.push_back(examine(entry, project, registry));
  }
  return diagnoses;
}

Json to_json(const Diagnosis& diagnosis) {
  Json json{
      {"connection", diagnosis.reference}, {"ok", !diagnosis.error}, {"elapsed_ms", diagnosis.elapsed_ms}};
  if (!diagnosis.server.empty()) json["server"] = diagnosis.server;
  if (diagnosis.error) {
    json["error"] = {{"code", diagnosis.error->code()},
                     {"kind", to_string(diagnosis.error->kind())},
                     {"message", diagnosis.error->message()},
                     {"hint", diagnosis.error->hint()}};
  }
  return json;
}

}  // namespace osiris
