// Private to src/engine.
#pragma once

#include <mutex>
#include <string>

#include "engine/api.h"
#include "engine/engine.h"
#include "engine/failure.h"

namespace osiris {

/// One input as a table function of the engine. Only the columns that the query reads are converted.
///
/// The rows are copied, 2,048 at a time. To refer to the batch's memory instead saves little and would have
/// to outlive every operator that holds rows back, which the C API gives no way to know.
class InputScan {
 public:
  /// `failure` and `cancellation` are not owned and outlive the scan; the latter may be null.
  InputScan(std::string function, SqlInput input, Failure& failure, const Cancellation* cancellation);
  InputScan(const InputScan&) = delete;
  InputScan& operator=(const InputScan&) = delete;

  const std::string& function() const { return function_; }
  const std::string& name() const { return input_.name; }
  const Schema& schema() const { return input_.schema; }

  /// Lets the next query ask for rows again, after the end of the last ones. Requires: no query runs.
  void restart() { ended_ = false; }

  /// Makes the function known to the connection's database, which must not outlive this object.
  void register_in(duckdb_connection connection);

 private:
  static void bind(duckdb_bind_info info);
  static void begin(duckdb_init_info info);
  static void read(duckdb_function_info info, duckdb_data_chunk chunk);

  void fill(const std::vector<idx_t>& columns, duckdb_data_chunk chunk);
  std::optional<Batch> next();

  const std::string function_;
  SqlInput input_;
  Failure& failure_;
  const Cancellation* const cancellation_;
  std::mutex mutex_;
  bool ended_ = false;
};

}  // namespace osiris
