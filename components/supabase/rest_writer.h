#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component/component.h"
#include "supabase/rest_table.h"

namespace osiris::supabase {

/// What is written over REST.
struct RestLoad {
  RestTable table;
  std::string mode;  ///< "append", "replace", "overwrite", "truncate", "upsert"
  std::vector<std::string> primary_key;
  std::string on_bad_row;
  std::uint64_t max_bad_rows = 0, batch_rows = 0, parallel_requests = 0;
  std::vector<std::size_t> sources;  ///< the columns of the rows that are written; the others are left out
  std::vector<std::string> targets;  ///< and the columns that they go to

  bool is_upsert() const { return mode == "upsert"; }
  bool removes_rows() const { return !is_upsert() && mode != "append"; }
};

/// Errors: kUser "supabase.needs_database" for what REST cannot do; "load.unknown_column",
/// "load.required_column",
///         "load.unknown_option_column"; those of describe_table().
RestLoad plan_load(const Config& config, const Schema& schema, const ConnectionConfig& project,
                   RestClient& client);

/// Requests are transactions of their own: what was sent stays when the load fails, and the error says how
/// much. Rows with the same key travel one behind the other.
std::unique_ptr<Writer> open_rest_writer(RestLoad load, const Schema& schema, Context& context);

}  // namespace osiris::supabase
