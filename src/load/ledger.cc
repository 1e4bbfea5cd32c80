#include "load/ledger.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

/// How long a transaction of a run that is gone may still be ending.
constexpr std::chrono::seconds kSettleTime{30};

using Cells = std::vector<std::optional<std::string>>;

std::uint64_t number(const std::optional<std::string>& cell) {
  return static_cast<std::uint64_t>(parse_integer(cell.value_or("0")).value_or(0));
}

/// The rows of a query; nothing where its table is not there.
std::optional<std::vector<Cells>> rows_if_any(LoadTarget& target, const std::string& statement) {
  try {
    return target.rows(statement);
  } catch (const Error& error) {
    if (error.code() != "query.unknown_table") throw;
    return std::nullopt;
  }
}

bool is_there(LoadTarget& target, const std::string& table) {
  return rows_if_any(target, cat("SELECT 1 FROM ", table, " WHERE 1 = 0")).has_value();
}

TargetColumn column(const std::string& name, const std::string& declared, bool is_nullable = false) {
  TargetColumn column;
  column.name = name;
  column.declared = declared;
  column.is_nullable = is_nullable;
  return column;
}

TargetColumn time_column(const std::string& name) {
  return column(name, "TIMESTAMP DEFAULT CURRENT_TIMESTAMP");
}

/// Makes a table of ours, which is `purpose`. Its first column is its key.
void make_table(LoadTarget& target, const std::string& quoted, const std::vector<TargetColumn>& columns,
                const std::string& purpose, const std::string& hint) {
  if (is_there(target, quoted)) return;
  TargetTable table;
  table.quoted = quoted;
  table.columns = columns;
  try {
    target.create_table(table, {columns.front().name});
  } catch (const Error& error) {
    // Two programs may make it in the same moment, and one of them fails.
    if (is_there(target, quoted)) return;
    throw Error(error.kind(), "load.no_ledger_table",
                cat("the table ", quoted, ", ", purpose, ", cannot be made: ", error.message()), hint)
        .retryable(error.is_retryable());
  }
}

}  // namespace

void add_result(LoadResult& total, const LoadResult& result) {
  total.row_count += result.row_count;
  if (result.merge) total.merge = total.merge.value_or(MergeCounts()) += *result.merge;
}

std::optional<LoadResult> complete_result(const std::vector<LedgerEntry>& entries) {
  if (entries.empty() || !entries.back().is_last) return std::nullopt;
  LoadResult total;
  for (const LedgerEntry& entry : entries) add_result(total, entry.result);
  return total;
}

Ledger::Ledger(LoadTarget& target, const TargetTable& table, WriteMode mode, LoadId id)
    : target_(target), table_(table.ledger), target_name_(table.name), mode_(mode), id_(std::move(id)) {}

void Ledger::make() {
  const std::string count = "BIGINT";
  make_table(
      target_, table_,
      {column("load_id", "VARCHAR(300)"), column("session", "VARCHAR(64)"), column("step", "VARCHAR(255)"),
       column("target", "VARCHAR(255)"), column("write_mode", "VARCHAR(16)"), column("chunk", count),
       column("handed_rows", count), column("row_count", count), column("rows_inserted", count, true),
       column("rows_updated", count, true), column("rows_unchanged", count, true),
       column("rows_deleted", count, true), column("digest", "VARCHAR(64)", true),
       column("is_last", "SMALLINT"), time_column("committed_at")},
      "which remembers loads",
      "grant CREATE, let an administrator make it, or switch it off with ledger: false");
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
  for (const Cells& row : rows.value_or(std::vector<Cells>())) {
    LedgerEntry entry{
        number(row[0]), number(row[1]), {number(row[2]), {}}, row[7].value_or(""), number(row[8]) != 0};
    if (row[3])
      entry.result.merge = MergeCounts{number(row[3]), number(row[4]), number(row[5]), number(row[6])};
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<LedgerEntry> Ledger::settled_entries() {
  // Every load makes the table before it begins.
  if (!is_there(target_, table_)) return {};
  std::vector<LedgerEntry> committed = entries();
  if (complete_result(committed)) return committed;
  const std::uint64_t next = committed.empty() ? 1 : committed.back().chunk + 1;
  return has_committed(next) ? entries() : committed;
}

std::string Ledger::insertion(const LedgerEntry& entry) const {
  const auto& merge = entry.result.merge;
  const std::string merged =
      merge ? cat(merge->inserted, ", ", merge->updated, ", ", merge->unchanged, ", ", merge->deleted)
            : "NULL, NULL, NULL, NULL";
  return cat("INSERT INTO ", table_,
             " (load_id, session, step, target, write_mode, chunk, handed_rows, row_count, rows_inserted, "
             "rows_updated, rows_unchanged, rows_deleted, digest, is_last) VALUES (",
             target_.literal(load_id(entry.chunk)), ", ", target_.literal(id_.session), ", ",
             target_.literal(id_.step), ", ", target_.literal(target_name_), ", '", to_string(mode_), "', ",
             entry.chunk, ", ", entry.handed_rows, ", ", entry.result.row_count, ", ", merged, ", ",
             entry.digest.empty() ? "NULL" : target_.literal(entry.digest), ", ", entry.is_last ? 1 : 0, ")");
}

void Ledger::add(const LedgerEntry& entry) { target_.run(insertion(entry)); }

bool Ledger::has_committed(std::uint64_t chunk) {
  // Takes the key for a moment: where a transaction that is not over holds it, this waits for its end.
  target_.limit_lock_wait(kSettleTime);
  target_.begin();
  LedgerEntry entry;
  entry.chunk = chunk;
  const std::uint64_t inserted = target_.run(target_.insert_unless_there(insertion(entry)));
  target_.rollback(std::chrono::steady_clock::now() + kSettleTime);
  return inserted == 0;
}

void MarkTable::make() {
  ColumnType text;
  text.type.id = TypeId::kText;
  make_table(target_, table_,
             {column("name", "VARCHAR(300)"), column("mark", target_.column_for(text, false).declared),
              time_column("updated_at")},
             "which keeps the marks of incremental reads", "grant CREATE, or let an administrator make it");
}

std::optional<Mark> MarkTable::find(const std::string& name) {
  const auto rows =
      rows_if_any(target_, cat("SELECT mark FROM ", table_, " WHERE name = ", target_.literal(name)));
  if (!rows || rows->empty()) return std::nullopt;
  return parse_mark(rows->front().front().value_or(""));
}

std::string MarkTable::deletion(const std::string& name) const {
  return cat("DELETE FROM ", table_, " WHERE name = ", target_.literal(name));
}

void MarkTable::keep(const std::string& name, const Mark& mark) {
  target_.run(deletion(name));
  target_.run(cat("INSERT INTO ", table_, " (name, mark) VALUES (", target_.literal(name), ", ",
                  target_.literal(print_mark(mark)), ")"));
}

void MarkTable::forget(const std::string& name) {
  if (!is_there(target_, table_)) return;
  target_.begin();
  target_.run(deletion(name));
  target_.commit();
}

}  // namespace osiris
