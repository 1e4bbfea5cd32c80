#pragma once

#include <string>
#include <vector>

#include "component/config.h"
#include "load/load_options.h"
#include "load/table_match.h"
#include "supabase/rest_table.h"

namespace osiris::supabase {

/// A load over REST, before anything is changed.
struct RestLoad {
  LoadOptions options;
  std::uint64_t batch_rows = 0, parallel_requests = 0;
  TargetTable table;  ///< as it is, or as it will be made
  bool makes_table = false;
  TableMatch match;
  /// Whether the project has the function by which a load is one transaction.
  bool has_function = false;

  std::string_view road() const { return has_function ? "rest, one transaction" : "rest"; }
};

/// Errors: kUser "supabase.needs_function", "supabase.needs_database" for what REST cannot do,
/// "load.missing_table"; those of match_table() and RestClient::send().
RestLoad plan_rest_load(const Config& config, const Schema& schema, const ConnectionConfig& project,
                        const RestDescription& description);

/// What a plan tells of it.
std::vector<std::string> notes_of(const RestLoad& load, const Schema& schema,
                                  const ConnectionConfig& project);

}  // namespace osiris::supabase
