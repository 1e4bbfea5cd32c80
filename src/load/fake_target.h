// A database in memory, for the tests of this folder: tables of texts, transactions, savepoints, and every
// way of failing that a load must survive.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "component/test_context.h"
#include "load/load_target.h"
#include "load/table_match.h"
#include "load/table_writer.h"

namespace osiris {

/// A row by its columns' names; a null is not in it.
using FakeRow = std::map<std::string, std::string, std::less<>>;
using FakeTables = std::map<std::string, std::vector<FakeRow>, std::less<>>;

/// What becomes of a COMMIT.
enum class FakeCommit {
  kAnswered,
  kDoneUnanswered,  ///< it is committed, and the answer is lost
  kLost,            ///< it never arrives
  kStillRunning,    ///< the answer is lost, and it is committed once somebody waits for its locks
  kStuck,           ///< the answer is lost, and its locks are held for longer than anybody waits
};

/// The server behind the connections, which lives longer than they.
struct FakeServer {
  /// Has the table "orders", with the columns id (a unique key) and name.
  FakeServer();

  TargetTable orders;
  FakeTables tables;             ///< committed
  std::vector<std::string> log;  ///< statements, and what was done without one, of all connections
  int connections = 0;
  std::set<std::string, std::less<>> connection_losses;  ///< what the log's line begins with, once each
  bool refuses_connections = false;                      ///< from the next one on
  std::vector<FakeCommit> commits;                       ///< of the commits to come, then kAnswered
  std::optional<FakeTables> pending;                     ///< what a transaction that is not over will leave
  bool is_pending_stuck = false;

  std::set<std::string> unencodable, refused, refused_by_merge, dropped;  ///< ids of rows
  bool has_transactional_ddl = true, has_savepoints = true;
  bool makes_tables_elsewhere = false;  ///< another program is a moment faster with each table

  /// Rows of "orders" as "id name", in their order.
  std::vector<std::string> rows() const;
  std::vector<FakeRow> loads() const { return table("loads"); }
  std::vector<FakeRow> marks() const { return table("marks"); }
  std::vector<FakeRow> table(const std::string& name) const;
  std::unique_ptr<LoadTarget> connect();
};

/// Columns id (a whole number) and name (a text).
Schema orders_schema();
/// Rows `begin` to `end` - 1 as "1 n1", "2 n2", ….
Batch orders_batch(std::int64_t begin, std::int64_t end);

/// A config with the keys that every writer into a database has; the table is "orders".
Config load_config(Json values = Json::object());

/// A load of `orders_schema()` into a server, and the run that it believes to be part of.
struct FakeLoad {
  explicit FakeLoad(FakeServer& fake, Json values = Json::object())
      : config(load_config(std::move(values))), server(fake) {}

  /// The load of an earlier run, done again.
  FakeLoad& resumed() {
    context.load.is_resumed = true;
    return *this;
  }
  std::unique_ptr<Writer> open(const Schema& schema = orders_schema());
  /// Rows 1 to `row_count`, in batches of so many, then the commit; an abort where that fails.
  LoadResult run(std::int64_t row_count, std::int64_t batch_rows = 2048);
  std::optional<LoadResult> find();
  OpenTarget opener() {
    return [this] { return server.connect(); };
  }

  Config config;
  TestContext context;
  FakeServer& server;
};

}  // namespace osiris
