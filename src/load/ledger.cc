#include "load/ledger.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

/// How long a transaction of a run that is gone may still be ending.
constexpr std::chrono::seconds kSettleTime{30};

constexpr std::string_view kLedgerColumns =
    "load_id, session, step, target, write_mode, chunk, handed_rows, row_count, rows_inserted, rows_updated, "
    "rows_unchanged, rows_deleted, digest, is_last";

using Cells = std::vector<std::optional<std::string>>;

/// The rows of a query; none where its table is not there.
std::vector<Cells> rows_if_any(LoadTarget& target, const std::string& statement) {
  try {
    return target.rows(statement);
  } catch (const Error& error) {
    if (error.code() != "query.unknown_table") throw;
    return {};
  }
}

std::uint64_t number(const std::optional<std::string>& cell) {
  return static_cast<std::uint64_t>(parse_integer(cell.value_or("0")).value_or(0));
}

/// What keeps a table of ours from being made, said with its purpose.
void make_table(LoadTarget& target, const std::string& name, const std::string& columns,
                const std::string& purpose, const std::string& hint) {
  try {
    target.run(cat("CREATE TABLE IF NOT EXISTS ", name, " (", columns, ")"));
  } catch (const Error& error) {
    // Another program may have made it in the same moment, or a database administrator for one who may not.
    if (error.kind() == ErrorKind::kConnection && error.is_retryable()) throw;
    try {
      target.rows(cat("SELECT 1 FROM ", name, " WHERE 1 = 0"));
    } catch (const Error&) {
      throw Error(error.kind(), "load.no_ledger_table",
                  cat("the table ", name, ", which ", purpose, ", cannot be made: ", error.message()), hint);
    }
  }
}

}  // namespace

Ledger::Ledger(LoadTarget& target, const TargetTable& table, LoadId id)
    : target_(target), table_(table.ledger), target_name_(table.name), id_(std::move(id)) {}

void Ledger::make() {
  make_table(
      target_, table_,
      "load_id VARCHAR(190) NOT NULL PRIMARY KEY, session VARCHAR(64) NOT NULL, step VARCHAR(190) NOT NULL, "
      "target VARCHAR(255) NOT NULL, write_mode VARCHAR(16) NOT NULL, chunk BIGINT NOT NULL, "
      "handed_rows BIGINT NOT NULL, row_count BIGINT NOT NULL, rows_inserted BIGINT, rows_updated BIGINT, "
      "rows_unchanged BIGINT, rows_deleted BIGINT, digest VARCHAR(64), is_last SMALLINT NOT NULL, "
      "committed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
      "remembers loads", "grant CREATE, let an administrator make it, or switch it off with ledger: false");
}

std::string Ledger::load_id(std::uint64_t chunk) const { return cat(id_.session, "/", id_.step, "/", chunk); }

std::vector<LedgerEntry> Ledger::entries() {
  const auto rows = rows_if_any(
      target_,
      cat("SELECT chunk, handed_rows, row_count, rows_inserted, rows_updated, rows_unchanged, rows_deleted, "
          "digest, is_last FROM ",
          table_, " WHERE session = ", target_.literal(id_.session),
          " AND step = ", target_.literal(id_.step), " ORDER BY chunk"));
  std::vector<LedgerEntry> entries;
  for (const Cells& row : rows) {
    LedgerEntry entry{
        number(row[0]), number(row[1]), {number(row[2]), {}}, row[7].value_or(""), number(row[8]) != 0};
    if (row[3])
      entry.result.merge = MergeCounts{number(row[3]), number(row[4]), number(row[5]), number(row[6])};
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string Ledger::insertion(const LedgerEntry& entry, WriteMode mode) const {
  const auto& merge = entry.result.merge;
  const std::string merged =
      merge ? cat(merge->inserted, ", ", merge->updated, ", ", merge->unchanged, ", ", merge->deleted)
            : "NULL, NULL, NULL, NULL";
  return cat("INSERT INTO ", table_, " (", kLedgerColumns, ") VALUES (",
             target_.literal(load_id(entry.chunk)), ", ", target_.literal(id_.session), ", ",
             target_.literal(id_.step), ", ", target_.literal(target_name_), ", '", to_string(mode), "', ",
             entry.chunk, ", ", entry.handed_rows, ", ", entry.result.row_count, ", ", merged, ", ",
             entry.digest.empty() ? "NULL" : target_.literal(entry.digest), ", ", entry.is_last ? 1 : 0, ")");
}

void Ledger::add(const LedgerEntry& entry, WriteMode mode) { target_.run(insertion(entry, mode)); }

bool Ledger::is_settled(std::uint64_t chunk, WriteMode mode) {
  // The key is taken for a moment: where a transaction that is not over holds it, this waits for its end.
  target_.limit_lock_wait(kSettleTime);
  target_.begin();
  LedgerEntry entry;
  entry.chunk = chunk;
  const std::uint64_t inserted = target_.run(target_.insert_unless_there(insertion(entry, mode)));
  target_.rollback(std::chrono::steady_clock::now() + kSettleTime);
  return inserted == 0;
}

std::optional<LoadResult> complete_result(const std::vector<LedgerEntry>& entries) {
  if (entries.empty() || !entries.back().is_last) return std::nullopt;
  LoadResult total;
  for (const LedgerEntry& entry : entries) {
    total.row_count += entry.result.row_count;
    if (!entry.result.merge) continue;
    if (!total.merge) total.merge.emplace();
    *total.merge += *entry.result.merge;
  }
  return total;
}

void MarkTable::make() {
  make_table(target_, table_,
             cat("name VARCHAR(190) NOT NULL PRIMARY KEY, mark ", target_.long_text_type(),
                 " NOT NULL, updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"),
             "keeps the marks of incremental reads", "grant CREATE, or let an administrator make it");
}

std::optional<Mark> MarkTable::find(const std::string& name) {
  const auto rows =
      rows_if_any(target_, cat("SELECT mark FROM ", table_, " WHERE name = ", target_.literal(name)));
  if (rows.empty()) return std::nullopt;
  return parse_mark(rows[0][0].value_or(""));
}

void MarkTable::keep(const std::string& name, const Mark& mark) {
  target_.run(cat("DELETE FROM ", table_, " WHERE name = ", target_.literal(name)));
  target_.run(cat("INSERT INTO ", table_, " (name, mark) VALUES (", target_.literal(name), ", ",
                  target_.literal(print_mark(mark)), ")"));
}

void MarkTable::forget(const std::string& name) {
  if (!find(name)) return;
  target_.begin();
  target_.run(cat("DELETE FROM ", table_, " WHERE name = ", target_.literal(name)));
  target_.commit();
}

}  // namespace osiris
