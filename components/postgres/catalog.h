#pragma once

#include <optional>
#include <string>
#include <vector>

#include "component/catalog.h"

namespace osiris::postgres {

/// The table that is wanted, or all that the account may read: of one schema, or of every one. A name has no
/// schema where it is in the first one of the search path.
std::vector<CatalogTable> look_at_schema(const ConnectionConfig& config,
                                         const std::optional<std::string>& table,
                                         const std::optional<std::string>& schema,
                                         Cancellation& cancellation);

}  // namespace osiris::postgres
