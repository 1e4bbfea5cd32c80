// The database of fake_target.h; its tests are those of everything that loads into it.
#include <algorithm>
#include <regex>

#include "base/text.h"
#include "load/fake_target.h"
#include "table/values.h"

namespace osiris {
namespace {

using Cells = std::vector<std::optional<std::string>>;

/// What stands between the commas that are in no literal.
std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts(1);
  bool is_literal = false;
  for (const char c : list) {
    if (c == '\'') is_literal = !is_literal;
    if (c == ',' && !is_literal) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string& part : parts) part = std::string(trim(part));
  return parts;
}

std::string unquoted(const std::string& literal) {
  return literal.starts_with('\'') ? literal.substr(1, literal.size() - 2) : literal;
}

Error lost(const std::string& what) {
  return Error(ErrorKind::kConnection, "connection.lost", cat("the connection broke at ", what)).retryable();
}

/// WHERE a = 'x' AND b = 'y', as far as this program says it.
std::function<bool(const FakeRow&)> condition_of(const std::string& where) {
  FakeRow wanted;
  static const std::regex kEqual("(\\w+) = ('[^']*'|\\d+)");
  for (std::sregex_iterator at(where.begin(), where.end(), kEqual), end; at != end; ++at) {
    wanted[(*at)[1]] = unquoted((*at)[2]);
  }
  return [wanted](const FakeRow& row) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
      const auto found = row.find(pair.first);
      return found != row.end() && found->second == pair.second;
    });
  };
}

constexpr std::string_view kSpec = R"(
title: Writes into memory
version: "1.0.0"
role: writer
commit: transaction
config:
  table: {type: string, default: orders, help: the table}
  write_mode: {type: string, enum: [append, replace, overwrite, truncate, upsert], default: append, help: the mode}
  primary_key: {type: array, items: string, help: the key}
  create_if_missing: {type: boolean, default: false, help: whether the table is made}
  schema_policy: {type: string, enum: [fail, add_columns, ignore_extra], default: fail, help: the policy}
  pre_sql: {type: array, items: string, help: statements before}
  post_sql: {type: array, items: string, help: statements after}
  delete_missing: {type: string, enum: ["off", hard, soft], default: "off", help: what becomes of missing rows}
  deleted_at: {type: string, default: _osiris_deleted_at, help: the column of soft}
  on_bad_row: {type: string, enum: [fail, skip, quarantine], default: fail, help: what becomes of bad rows}
  max_bad_rows: {type: integer, min: 1, help: the most of them}
  allow_lossy: {type: array, items: string, help: columns}
  chunk_rows: {type: integer, min: 1, help: rows of a transaction}
  ledger: {type: boolean, default: true, help: whether there is one}
)";

class FakeTarget : public LoadTarget {
 public:
  explicit FakeTarget(FakeServer& server) : server_(server) { connect(); }

  std::optional<TargetTable> find_table(const std::string& name) override {
    if (name != "orders" || !tables().contains("orders")) return std::nullopt;
    return server_.orders;
  }
  TargetTable unmade_table(const std::string& name) override {
    TargetTable table;
    table.name = table.quoted = name;
    table.ledger = "loads";
    table.marks = "marks";
    return table;
  }
  TargetColumn column_for(const ColumnType& source, bool) const override {
    TargetColumn column;
    column.name = source.name;
    column.declared = "text";
    column.type = source.type;
    return column;
  }
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override {
    if (source.type.id == TypeId::kDouble && target.type.id != TypeId::kDouble)
      return {Verdict::kLossy, "digits are lost"};
    return {};
  }

  std::string quoted_name(std::string_view name) const override { return std::string(name); }
  std::string literal(std::string_view text) const override { return cat("'", text, "'"); }
  std::string insert_unless_there(const std::string& insert) const override { return cat(insert, " OR NOT"); }
  std::uint64_t run(const std::string& statement) override;
  std::vector<Cells> rows(const std::string& statement) override;

  void begin() override {
    note("BEGIN");
    working_ = server_.tables;
  }
  void commit() override;
  void rollback(std::chrono::steady_clock::time_point) noexcept override {
    server_.log.emplace_back("ROLLBACK");
    forget_transaction();
  }
  void reconnect() override { connect(); }
  void limit_lock_wait(std::chrono::milliseconds) override {}
  bool has_transactional_ddl() const override { return server_.has_transactional_ddl; }
  bool has_savepoints() const override { return server_.has_savepoints; }

  void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) override {
    note(cat("CREATE TABLE ", table.quoted, " (", join(primary_key, ", "), ")"));
    tables()[table.quoted];
    if (server_.makes_tables_elsewhere) throw Error(ErrorKind::kUser, "query.failed", "it is there");
    if (table.quoted == "orders") server_.orders = table;
  }
  void add_columns(const TargetTable&, const std::vector<TargetColumn>& columns) override {
    for (const TargetColumn& column : columns) {
      note(cat("ADD COLUMN ", column.name, " ", column.declared));
      server_.orders.columns.push_back(column);
    }
  }
  void remove_rows(const TargetTable& table, WriteMode mode) override {
    note(cat(mode == WriteMode::kTruncate ? "TRUNCATE " : "DELETE ALL ", table.quoted));
    tables()[table.quoted].clear();
  }
  bool truncates_in_transaction() const override { return server_.has_transactional_ddl; }

  Staging stage(const TargetTable&, const TableMatch&) override {
    note("STAGE");
    tables()["staging"] = {};
    return {"staging"};
  }
  void clear_staging(const Staging& staging) override {
    note("CLEAR STAGING");
    tables().at(staging.quoted).clear();
  }
  MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                    const Staging& staging) override;
  std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                               const Staging& staging) override;

  std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema, const TableMatch& match,
                                     std::optional<std::uint64_t> first_staged_row,
                                     RowPolicy& policy) override;
  std::string road(const Schema&, const TableMatch&) const override { return "memory"; }

  FakeServer& server() { return server_; }
  FakeTables& tables() { return working_ ? *working_ : server_.tables; }
  /// Writes into the log, and breaks where the test said so.
  void note(const std::string& line) {
    server_.log.push_back(line);
    for (const std::string& loss : server_.connection_losses) {
      if (!line.starts_with(loss)) continue;
      server_.connection_losses.erase(loss);
      forget_transaction();
      throw lost(line);
    }
  }

 private:
  void connect() {
    forget_transaction();
    if (server_.refuses_connections) throw lost("connect");
    ++server_.connections;
  }
  void forget_transaction() noexcept {
    working_.reset();
    savepoints_.clear();
  }
  bool change_savepoint(const std::string& statement);
  std::uint64_t insert(const std::string& statement);
  void wait_for_pending();

  FakeServer& server_;
  std::optional<FakeTables> working_;
  std::vector<FakeTables> savepoints_;
};

std::uint64_t FakeTarget::run(const std::string& statement) {
  note(statement);
  if (change_savepoint(statement)) return 0;
  if (statement.starts_with("INSERT INTO ")) return insert(statement);
  static const std::regex kDelete("DELETE FROM (\\w+) WHERE (.*)");
  std::smatch found;
  if (!std::regex_match(statement, found, kDelete)) return 0;
  return std::erase_if(tables()[found[1]], condition_of(found[2]));
}

bool FakeTarget::change_savepoint(const std::string& statement) {
  if (statement.starts_with("SAVEPOINT")) {
    savepoints_.push_back(tables());
  } else if (statement.starts_with("ROLLBACK TO")) {
    working_ = savepoints_.back();
  } else if (statement.starts_with("RELEASE")) {
    savepoints_.pop_back();
  } else {
    return false;
  }
  return true;
}

/// The first column is the key.
std::uint64_t FakeTarget::insert(const std::string& statement) {
  static const std::regex kInsert("INSERT INTO (\\w+) \\((.*)\\) VALUES \\((.*)\\)( OR NOT)?");
  std::smatch found;
  if (!std::regex_match(statement, found, kInsert)) return 0;
  wait_for_pending();
  const std::vector<std::string> names = parts_of(found[2]), values = parts_of(found[3]);
  FakeRow row;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (values[index] != "NULL") row[names[index]] = unquoted(values[index]);
  }
  std::vector<FakeRow>& rows = tables()[found[1]];
  const bool is_there = std::any_of(rows.begin(), rows.end(), [&](const FakeRow& other) {
    return other.at(names.front()) == row.at(names.front());
  });
  if (is_there && found[4].matched) return 0;
  if (is_there) throw Error(ErrorKind::kData, "value.duplicate_key", "the key is there");
  rows.push_back(std::move(row));
  return 1;
}

void FakeTarget::wait_for_pending() {
  if (!server_.pending) return;
  if (server_.is_pending_stuck) throw Error(ErrorKind::kUser, "query.locked", "waited too long").retryable();
  server_.tables = *server_.pending;
  working_ = server_.pending;
  server_.pending.reset();
}

std::vector<Cells> FakeTarget::rows(const std::string& statement) {
  static const std::regex kSelect("SELECT (.*) FROM (\\w+) WHERE (.*)");
  std::smatch found;
  std::vector<Cells> rows;
  if (!std::regex_match(statement, found, kSelect)) return rows;
  const auto table = tables().find(found[2].str());
  if (table == tables().end()) throw Error(ErrorKind::kUser, "query.unknown_table", found[2]);
  if (found[3] == "1 = 0") return rows;
  const auto is_wanted = condition_of(found[3]);
  for (const FakeRow& row : table->second) {
    if (!is_wanted(row)) continue;
    Cells& cells = rows.emplace_back();
    for (const std::string& name : parts_of(found[1])) {
      const auto cell = row.find(name);
      cells.push_back(cell == row.end() ? std::nullopt : std::optional(cell->second));
    }
  }
  return rows;
}

void FakeTarget::commit() {
  note("COMMIT");
  const FakeCommit kind = server_.commits.empty() ? FakeCommit::kAnswered : server_.commits.front();
  if (!server_.commits.empty()) server_.commits.erase(server_.commits.begin());
  const FakeTables done = *working_;
  forget_transaction();
  switch (kind) {
    case FakeCommit::kAnswered:
      server_.tables = done;
      return;
    case FakeCommit::kDoneUnanswered:
      server_.tables = done;
      break;
    case FakeCommit::kLost:
      break;
    case FakeCommit::kStuck:
      server_.is_pending_stuck = true;
      server_.pending = done;
      break;
    case FakeCommit::kStillRunning:
      server_.pending = done;
      break;
  }
  throw lost("COMMIT");
}

/// By the column id; the last one of a key counts.
MergeCounts FakeTarget::merge(const TargetTable& table, const TableMatch&, const LoadOptions&,
                              const Staging& staging) {
  note(cat("MERGE ", staging.begin, " ", staging.end));
  std::map<std::string, FakeRow> staged;
  for (FakeRow row : tables().at(staging.quoted)) {
    const auto number = static_cast<std::uint64_t>(*parse_integer(row.at("_osiris_row")));
    if (number < staging.begin || number >= staging.end) continue;
    if (server_.refused_by_merge.contains(row.at("id")))
      throw Error(ErrorKind::kData, "value.check_failed", cat("no such id: '", row.at("id"), "'"));
    row.erase("_osiris_row");
    staged[row.at("id")] = row;
  }
  MergeCounts counts;
  std::vector<FakeRow>& rows = tables()[table.quoted];
  for (const auto& [id, row] : staged) {
    const auto old =
        std::find_if(rows.begin(), rows.end(), [&](const FakeRow& r) { return r.at("id") == id; });
    ++(old == rows.end() ? counts.inserted : *old == row ? counts.unchanged : counts.updated);
    if (old != rows.end()) {
      *old = row;
    } else {
      rows.push_back(row);
    }
  }
  return counts;
}

std::uint64_t FakeTarget::delete_missing(const TargetTable& table, const LoadOptions&,
                                         const Staging& staging) {
  note("DELETE MISSING");
  std::set<std::string> ids;
  for (const FakeRow& row : tables().at(staging.quoted)) ids.insert(row.at("id"));
  return std::erase_if(tables()[table.quoted],
                       [&](const FakeRow& row) { return !ids.contains(row.at("id")); });
}

class FakeSink : public RowSink {
 public:
  FakeSink(FakeTarget& target, std::string table, const Schema& schema, const TableMatch& match,
           std::optional<std::uint64_t> next_staged_row, RowPolicy& policy)
      : target_(target),
        table_(std::move(table)),
        schema_(schema),
        match_(match),
        next_staged_row_(next_staged_row),
        policy_(policy) {}

  void write(const Batch& batch, std::size_t begin, std::size_t end) override {
    target_.note(cat("ROWS ", end - begin));
    for (std::size_t index = begin; index < end; ++index) {
      FakeRow row;
      for (const MatchedColumn& matched : match_.columns) {
        const ColumnView& column = batch.column(matched.source);
        if (!column.is_valid(index)) continue;
        append_value_text(row[matched.target.name], column, index, schema_[matched.source]);
      }
      if (target_.server().unencodable.contains(row.at("id"))) {
        policy_.refuse(batch, index, 0, Error(ErrorKind::kData, "value.too_long", "column 'id' is too long"));
        continue;
      }
      if (next_staged_row_) row["_osiris_row"] = std::to_string((*next_staged_row_)++);
      rows_.push_back(std::move(row));
    }
  }

  std::uint64_t finish() override {
    std::vector<FakeRow>& rows = target_.tables()[table_];
    std::uint64_t count = 0;
    for (const FakeRow& row : rows_) {
      const std::string& id = row.at("id");
      if (target_.server().refused.contains(id)) {
        throw Error(ErrorKind::kData, "value.out_of_range",
                    cat("row ", policy_.rows_before() + count + 1, " is beyond its type: '", id, "'"));
      }
      ++count;
      if (target_.server().dropped.contains(id)) continue;
      rows.push_back(row);
      ++acknowledged_;
    }
    return acknowledged_;
  }

 private:
  FakeTarget& target_;
  std::string table_;
  const Schema& schema_;
  const TableMatch& match_;
  std::optional<std::uint64_t> next_staged_row_;
  RowPolicy& policy_;
  std::vector<FakeRow> rows_;
  std::uint64_t acknowledged_ = 0;
};

std::unique_ptr<RowSink> FakeTarget::open_sink(const std::string& table, const Schema& schema,
                                               const TableMatch& match,
                                               std::optional<std::uint64_t> first_staged_row,
                                               RowPolicy& policy) {
  return std::make_unique<FakeSink>(*this, table, schema, match, first_staged_row, policy);
}

}  // namespace

FakeServer::FakeServer() {
  orders.name = orders.quoted = "orders";
  orders.ledger = "loads";
  orders.marks = "marks";
  orders.columns.resize(2);
  orders.columns[0].name = "id";
  orders.columns[0].type.id = TypeId::kInt64;
  orders.columns[0].is_nullable = false;
  orders.columns[1].name = "name";
  orders.unique_keys = {{"id"}};
  tables["orders"] = {};
}

std::vector<FakeRow> FakeServer::table(const std::string& name) const {
  const auto found = tables.find(name);
  return found == tables.end() ? std::vector<FakeRow>() : found->second;
}

std::vector<std::string> FakeServer::rows() const {
  std::vector<std::string> texts;
  for (const FakeRow& row : table("orders")) {
    const auto name = row.find("name");
    texts.push_back(cat(row.at("id"), " ", name == row.end() ? "NULL" : name->second));
  }
  return texts;
}

std::unique_ptr<LoadTarget> FakeServer::connect() { return std::make_unique<FakeTarget>(*this); }

Schema orders_schema() {
  Schema schema(2);
  schema[0].name = "id";
  schema[0].type.id = TypeId::kInt64;
  schema[1].name = "name";
  return schema;
}

Batch orders_batch(std::int64_t begin, std::int64_t end) {
  BatchBuilder builder(orders_schema());
  for (std::int64_t id = begin; id < end; ++id) {
    builder.append(0, id);
    builder.append_text(1, cat("n", id));
    builder.end_row();
  }
  return builder.finish();
}

Config load_config(Json values) {
  static const ComponentSpec kParsed = parse_component_spec("fake.writer", kSpec);
  return {kParsed.fields, std::move(values)};
}

std::unique_ptr<Writer> FakeLoad::open(const Schema& schema) {
  return open_table_writer(config, schema, context, opener());
}

LoadResult FakeLoad::run(std::int64_t row_count, std::int64_t batch_rows) {
  const auto writer = open();
  try {
    for (std::int64_t id = 1; id <= row_count; id += batch_rows) {
      writer->write(orders_batch(id, std::min(id + batch_rows, row_count + 1)));
    }
    return writer->commit({static_cast<std::uint64_t>(row_count)});
  } catch (const Error&) {
    writer->abort(std::chrono::steady_clock::now());
    throw;
  }
}

std::optional<LoadResult> FakeLoad::find() { return find_load(config, context, opener()); }

}  // namespace osiris
