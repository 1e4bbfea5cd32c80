#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component/component.h"
#include "supabase/rest_body.h"
#include "supabase/rest_client.h"
#include "supabase/rest_load.h"

namespace osiris::supabase {

/// Rows of one request.
struct Piece {
  RestBody body;
  std::vector<std::uint64_t> rows;  ///< the place of each in the load, from 0
};

/// A row that the server refused.
struct RefusedObject {
  std::uint64_t row = 0;  ///< its place in the load
  std::string object;
  Error reason;
};

struct RestResult {
  LoadResult result;
  std::vector<RefusedObject> refused;
};

/// How requests become rows of the table. post() is called by several threads, each with a client of its own.
class RestRoad {
 public:
  virtual ~RestRoad() = default;
  /// Before the first row.
  virtual void begin(RestClient& client) = 0;
  /// Sends rows [begin, end) of a piece in one request.
  virtual void post(RestClient& client, const Piece& piece, std::size_t begin, std::size_t end) = 0;
  /// After the last one.
  virtual RestResult finish(RestClient& client, std::uint64_t handed_rows) = 0;
  /// Removes what waits for finish().
  virtual void abandon(RestClient& client) = 0;
  /// Whether begin() removes the table's rows, whatever comes.
  virtual bool clears_first() const = 0;
  /// Whether each request counts at once; the server then refuses rows by their request, and the order of
  /// requests is the order of changes.
  virtual bool is_immediate() const = 0;
  /// Rows of the table that stay, whatever comes.
  virtual std::uint64_t committed_rows() const = 0;
};

/// Straight into the table.
std::unique_ptr<RestRoad> open_table_road(const RestLoad& load, const std::vector<std::string>& columns);
/// Into the table of pieces, whose rows the project's function then takes. `id` names the load: what an
/// earlier run sent of it is removed first, and a load that is committed is not done again.
std::unique_ptr<RestRoad> open_function_road(const RestLoad& load, const std::vector<std::string>& columns,
                                             const LoadId& id, const ConnectionConfig& project);

/// What became of a load by the project's function; nothing: it is not there and will not be.
std::optional<LoadResult> find_function_load(RestClient& client, const LoadId& id);

}  // namespace osiris::supabase
