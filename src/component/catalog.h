#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "component/config.h"

namespace osiris {

struct CatalogColumn {
  std::string name, type;  ///< the type as the database writes it
  bool is_nullable = true;

  friend bool operator==(const CatalogColumn&, const CatalogColumn&) = default;
};

/// A table, or a view, as a database's catalog has it.
struct CatalogTable {
  std::string name;  ///< as a step's `table` would have it
  bool is_view = false;
  std::optional<std::uint64_t> estimated_rows;
  std::vector<CatalogColumn> columns;
  std::vector<std::vector<std::string>> keys;  ///< columns that tell rows apart; a primary key comes first
};

/// A family whose connections can say which tables there are. `look` is given the one that is wanted, or none
/// for all; it opens the connection read-only and reads no row. A table that is not there gives no entry.
struct Catalog {
  std::string_view family;
  std::function<std::vector<CatalogTable>(const ConnectionConfig&, const std::optional<std::string>& table,
                                          Cancellation&)>
      look;
};

/// Every components/<family>/catalog.cc of the build, which defines osiris::<family>::look_at_catalog(). See
/// cmake/components.cmake.
const std::vector<Catalog>& all_catalogs();

/// Puts together what a database says in three lists of texts. A row about a table that the first list does
/// not have is left out, and so are the tables that loads keep for themselves.
class CatalogLists {
 public:
  using Rows = std::vector<std::vector<std::optional<std::string>>>;

  /// Table, "view" or anything else, estimated rows.
  explicit CatalogLists(const Rows& tables);
  /// Table, column, type, "no" where it takes no null. In the order of the columns.
  void add_columns(const Rows& rows);
  /// Table, key, column; a key with a column that has no name is none. Keys and columns in their order.
  void add_keys(const Rows& rows);
  std::vector<CatalogTable> tables() && { return std::move(tables_); }

 private:
  CatalogTable* find(const std::optional<std::string>& name);

  std::vector<CatalogTable> tables_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace osiris
