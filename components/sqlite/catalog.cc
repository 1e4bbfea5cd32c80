#include "component/catalog.h"

#include "base/text.h"
#include "sqlite/connection.h"

namespace osiris::sqlite {

std::vector<CatalogTable> look_at_catalog(const ConnectionConfig& config,
                                          const std::optional<std::string>& table,
                                          Cancellation& cancellation) {
  Connection connection(config, cancellation, Purpose::kRead);
  connection.only_read();
  std::string condition =
      " WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual') AND "
      "t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
  if (table) condition += cat(" AND t.name = ", literal(*table), " COLLATE NOCASE");
  const auto select = [&](std::string_view what, std::string_view from, std::string_view rest) {
    return connection.rows(cat("SELECT t.name, ", what, " FROM pragma_table_list t", from, condition, rest));
  };
  // Nobody counts rows here until somebody reads them.
  CatalogLists lists(select("t.type, NULL", "", " ORDER BY t.name"));
  constexpr std::string_view kColumns = " JOIN pragma_table_xinfo(t.name) x";
  lists.add_columns(select("x.name, x.type, iif(x.\"notnull\" OR (x.pk > 0 AND t.wr), 'no', 'yes')", kColumns,
                           " AND x.hidden <> 1 ORDER BY t.name, x.cid"));
  lists.add_keys(select("'', x.name", kColumns, " AND x.pk > 0 ORDER BY t.name, x.pk"));
  lists.add_keys(select("l.name, i.name",
                        " JOIN pragma_index_list(t.name) l JOIN pragma_index_info(l.name) i",
                        " AND l.\"unique\" = 1 AND l.partial = 0 AND l.origin <> 'pk' "
                        "ORDER BY t.name, l.seq, i.seqno"));
  return std::move(lists).tables();
}

}  // namespace osiris::sqlite
