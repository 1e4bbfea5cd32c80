#include "postgres/table_lookup.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "postgres/server_types.h"

namespace osiris::postgres {
namespace {

/// "shop.orders" -> shop and orders. The schema is empty where none is given.
struct QualifiedName {
  std::string schema, table;

  explicit QualifiedName(const std::string& name) : table(name) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return;
    schema = name.substr(0, dot);
    table = name.substr(dot + 1);
  }
};

bool is_true(const std::optional<std::string>& cell) { return cell == "t"; }

template <typename T>
T number(const std::optional<std::string>& cell, T absent) {
  return cell ? static_cast<T>(parse_integer(*cell).value_or(absent)) : absent;
}

TargetTable named_table(const std::string& schema, const std::string& table) {
  TargetTable target;
  target.name = cat(schema, ".", table);
  target.quoted = cat(quoted_name(schema), ".", quoted_name(table));
  target.ledger = cat(quoted_name(schema), ".\"_osiris_loads\"");
  target.marks = cat(quoted_name(schema), ".\"_osiris_state\"");
  return target;
}

/// A row of pg_class.
struct Relation {
  std::string number, schema, name, kind;
  std::int64_t estimated_rows = -1;
};

std::optional<Relation> find_relation(Connection& connection, const std::string& name) {
  const QualifiedName wanted(name);
  const std::string schemas =
      wanted.schema.empty() ? "ANY (current_schemas(false))" : connection.literal(wanted.schema);
  const auto rows = connection.rows(
      cat("SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::bigint FROM pg_catalog.pg_class c "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "WHERE c.relname = ",
          connection.literal(wanted.table), " AND n.nspname = ", schemas,
          " ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1"));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  return Relation{*row[0], *row[1], *row[2], *row[3], number<std::int64_t>(row[4], -1)};
}

void check_takes_rows(const Relation& relation) {
  struct Kind {
    std::string_view letter, words;
  };
  constexpr std::array<Kind, 3> kTables{
      {{"r", "a table"}, {"p", "a partitioned table"}, {"f", "a foreign table"}}};
  constexpr std::array<Kind, 4> kOthers{
      {{"v", "a view"}, {"m", "a materialized view"}, {"S", "a sequence"}, {"i", "an index"}}};
  const auto is_kind = [&](const Kind& kind) { return kind.letter == relation.kind; };
  if (std::ranges::any_of(kTables, is_kind)) return;
  const auto* const other = std::ranges::find_if(kOthers, is_kind);
  throw Error(
      ErrorKind::kUser, "load.not_a_table",
      cat("rows can be loaded into tables only, and this is ", other == kOthers.end() ? "none" : other->words,
          ": '", relation.schema, ".", relation.name, "'"),
      "name the table itself");
}

/// Domains are what they are made of; what travels as text is text.
std::vector<TargetColumn> find_columns(Connection& connection, const Relation& relation) {
  const auto rows = connection.rows(
      cat("WITH RECURSIVE base AS ("
          "SELECT attnum, atttypid AS type, atttypmod AS modifier, attnotnull AS is_required, "
          "atthasdef OR attidentity <> '' AS has_default FROM pg_catalog.pg_attribute WHERE attrelid = ",
          relation.number,
          " AND attnum > 0 AND NOT attisdropped "
          "UNION ALL SELECT b.attnum, t.typbasetype, "
          "CASE WHEN b.modifier = -1 THEN t.typtypmod ELSE b.modifier END, b.is_required OR t.typnotnull, "
          "b.has_default OR t.typdefault IS NOT NULL "
          "FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd') "
          "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), b.type, b.modifier, "
          "b.is_required, b.has_default, a.attgenerated <> '', "
          "t.typsend::text IN ('enum_send', 'citextsend', 'namesend', 'textsend') "
          "FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd' "
          "JOIN pg_catalog.pg_attribute a ON a.attrelid = ",
          relation.number, " AND a.attnum = b.attnum ORDER BY a.attnum"));
  std::vector<TargetColumn> columns;
  for (const Row& row : rows) {
    TargetColumn& column = columns.emplace_back();
    column.name = *row[0];
    column.declared = *row[1];
    column.type_number = is_true(row[7]) ? kTextNumber : number<std::uint32_t>(row[2], 0);
    column.type_modifier = number<std::int32_t>(row[3], -1);
    column.is_nullable = !is_true(row[4]);
    column.has_default = is_true(row[5]);
    column.is_generated = is_true(row[6]);
    describe_type(column);
  }
  return columns;
}

/// Whole, plain and immediate unique indexes: those that tell rows apart at every moment.
std::vector<std::vector<std::string>> find_unique_keys(Connection& connection, const Relation& relation) {
  const auto rows = connection.rows(
      cat("SELECT i.indexrelid, a.attname FROM pg_catalog.pg_index i "
          "CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS place "
          "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place] "
          "WHERE i.indrelid = ",
          relation.number,
          " AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL "
          "AND i.indexprs IS NULL ORDER BY i.indisprimary DESC, i.indexrelid, place"));
  std::vector<std::vector<std::string>> keys;
  std::string index;
  for (const Row& row : rows) {
    if (index != *row[0]) keys.emplace_back();
    index = *row[0];
    keys.back().push_back(*row[1]);
  }
  return keys;
}

std::vector<std::string> find_cascades(Connection& connection, const Relation& relation) {
  const auto rows = connection.rows(
      cat("SELECT n.nspname || '.' || c.relname || ' (ON DELETE ' || "
          "CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END || ')' "
          "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
          "WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') AND k.conparentid = 0 "
          "AND k.conrelid <> k.confrelid AND k.confrelid = ",
          relation.number, " ORDER BY 1"));
  std::vector<std::string> cascades;
  for (const Row& row : rows) cascades.push_back(*row[0]);
  return cascades;
}

}  // namespace

std::optional<TargetTable> find_table(Connection& connection, const std::string& name) {
  const auto relation = find_relation(connection, name);
  if (!relation) return std::nullopt;
  check_takes_rows(*relation);
  TargetTable table = named_table(relation->schema, relation->name);
  table.columns = find_columns(connection, *relation);
  table.unique_keys = find_unique_keys(connection, *relation);
  table.cascades = find_cascades(connection, *relation);
  if (relation->estimated_rows >= 0) {
    table.estimated_rows = static_cast<std::uint64_t>(relation->estimated_rows);
  }
  return table;
}

TargetTable unmade_table(Connection& connection, const std::string& name) {
  const QualifiedName wanted(name);
  if (!wanted.schema.empty()) return named_table(wanted.schema, wanted.table);
  const auto rows = connection.rows("SELECT coalesce(current_schema(), 'public')");
  return named_table(*rows.front().front(), wanted.table);
}

}  // namespace osiris::postgres
