#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// A connection as its file writes it. Nothing is resolved, so nothing secret is in it.
struct ListedConnection {
  std::string reference, family, alias;
  bool is_default = false;
  bool is_supported = false;        ///< some component connects to the family
  Json fields = Json::object();     ///< name to text; a secret that is written out is ***
  Json variables = Json::object();  ///< name to whether it is set
  std::vector<std::string> missing;
};

std::vector<ListedConnection> list_connections(const Project& project, const Registry& registry);

Json to_json(const ListedConnection& connection);

}  // namespace osiris
