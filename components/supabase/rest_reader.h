#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component/component.h"
#include "supabase/rest_table.h"
#include "supabase/row_filter.h"
#include "supabase/row_order.h"

namespace osiris::supabase {

/// What is read of a table over REST.
struct RestRead {
  RestTable table;
  std::vector<RestTable::Column> columns;  ///< in the order that is wanted
  std::vector<OrderTerm> order;            ///< what the step wants, then the rest of the key
  bool has_key = false;                    ///< otherwise pages are counted, which is slow and may miss rows
  std::vector<Condition> conditions;
  std::uint64_t page_rows = 0;

  Schema schema() const;
};

/// Errors: kUser "query.unknown_column"; "query.unknown_table"; those of parse_filter().
RestRead plan_read(const Config& config, const RestDescription& description);

/// Reads page after page while those before are worked on. A page that comes back shorter than it was asked
/// for tells nothing, for the project cuts pages at a limit of its own: the end is an empty one.
std::unique_ptr<Extractor> open_rest_reader(RestRead read, Context& context);

}  // namespace osiris::supabase
