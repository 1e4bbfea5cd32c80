#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "component/registry.h"

/// What everything that writes pipelines for a person shares.
namespace osiris {

/// The component of a role that moves the tables of a family's connections; null where there is none.
const ComponentSpec* table_component(Role role, std::string_view family, const Registry& registry);
/// The component of a role that moves files of a kind, "csv"; null where there is none.
const ComponentSpec* file_component(Role role, std::string_view kind, const Registry& registry);
/// The kinds of files that a role knows.
std::vector<std::string> file_kinds(Role role, const Registry& registry);
/// The kind that a path's ending says, "csv" of out/a.csv and of a.csv.gz; empty where it has none.
std::string file_kind(std::string_view path);

/// The text with '_' for all that is no letter of ASCII, digit or '_'.
std::string plain_name(std::string_view text);

/// The text of a pipeline; without params where there are none.
std::string print_pipeline(const std::string& name, const Json& params, const Json& steps);

}  // namespace osiris
