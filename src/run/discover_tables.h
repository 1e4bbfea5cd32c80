#pragma once

#include <optional>
#include <string>
#include <vector>

#include "component/catalog.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// A table with the first rows of it, masked, where they were asked for.
struct DiscoveredTable {
  CatalogTable table;
  std::vector<std::string> sample_columns;
  std::vector<std::vector<std::optional<std::string>>> sample;  ///< nothing is a null
};

/// What a connection has.
struct Discovery {
  std::string reference;  ///< "@family.alias"
  std::vector<DiscoveredTable> tables;
  std::size_t left_out = 0;  ///< tables beyond the bound
};

/// The most tables that a Discovery tells of.
constexpr std::size_t kMostTables = 500;
/// The most rows of a sample.
constexpr std::uint64_t kMostSampleRows = 20;

/// Tables with their columns, keys and estimated rows; `table` names one. Connections are opened read-only.
/// Rows are read only where a table is named and `sample_rows` is not 0, and no value leaves as it is: see
/// masked().
/// Errors: kUser "connection.…", "query.unknown_table", "cli.usage" for a sample of more rows or of no
/// table.
Discovery discover_tables(const std::string& reference, const std::optional<std::string>& table,
                          std::uint64_t sample_rows, const Project& project, const Registry& registry,
                          Cancellation& cancellation);

/// The columns of the rows that a query of a connection would give: it is prepared, or explained, and not
/// run. Errors: kUser "oml.not_read_only", "cli.usage" for a connection that takes no query; those of the
/// query and of the connection.
Schema look_at_query(const std::string& reference, const std::string& query, const Project& project,
                     const Registry& registry, Cancellation& cancellation);

/// The shape of a value without its content: letters become x, digits 9, everything else that is ASCII stays;
/// at most 40 characters.
std::string masked(std::string_view value);

Json to_json(const Discovery& discovery);

}  // namespace osiris
