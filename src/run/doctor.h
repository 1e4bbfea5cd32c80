#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// What trying one connection showed.
struct Diagnosis {
  std::string reference;  ///< "@family.alias"
  std::string server;     ///< product and version of the server that answered
  std::string table;      ///< what was found at the table that was asked for
  std::int64_t elapsed_ms = 0;
  std::optional<Error> error;
};

/// Resolves and opens connections, one after the other. `reference` names one; none means all. `table`: one
/// to look at through each. Errors: kUser "connection.unknown_alias" where the reference names none,
/// "run.cancelled".
std::vector<Diagnosis> examine_connections(const Project& project, const Registry& registry,
                                           const std::optional<std::string>& reference,
                                           const std::optional<std::string>& table,
                                           Cancellation& cancellation);

Json to_json(const Diagnosis& diagnosis);

}  // namespace osiris
