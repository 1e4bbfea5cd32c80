#include "run/discover_tables.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "component/read_only_sql.h"
#include "run/look_context.h"
#include "table/values.h"

namespace osiris {

namespace {

constexpr std::size_t kMostCharacters = 40;

/// The component that reads a table of the family; null where none does.
const RegisteredComponent* table_reader(const std::string& family, const Registry& registry) {
  for (const std::string& name : registry.names()) {
    const RegisteredComponent* found = registry.find(name);
    const ComponentSpec& spec = found->spec;
    if (spec.role == Role::kExtractor && spec.connection_family == family && spec.find("table") != nullptr)
      return found;
  }
  return nullptr;
}

ManifestStep reading_step(const ComponentSpec& spec, const std::string& reference, const std::string& key,
                          const std::string& value) {
  ManifestStep step;
  step.id = "look";
  step.component = spec.name;
  step.connection = reference;
  for (const Field& field : spec.fields) {
    if (field.default_value) step.config[field.name] = *field.default_value;
  }
  step.config[key] = value;
  return step;
}

std::optional<std::string> masked_cell(const Batch& batch, std::size_t column, std::size_t row,
                                       const ColumnType& type) {
  if (!batch.column(column).is_valid(row)) return std::nullopt;
  std::string text;
  append_value_text(text, batch.column(column), row, type);
  return masked(text);
}

void take_sample(DiscoveredTable& into, const std::string& reference, std::uint64_t row_count,
                 const Project& project, const Registry& registry, Cancellation& cancellation) {
  const std::string& family = project.connections().find(reference).family;
  const RegisteredComponent* reader = table_reader(family, registry);
  if (reader == nullptr) return;
  const ManifestStep step = reading_step(reader->spec, reference, "table", into.table.name);
  LookContext context(step, project, registry, cancellation);
  const Config config(reader->spec.fields, step.config);
  const auto rows = reader->component->open_extractor(config, context);
  const Schema& schema = rows->schema();
  for (const ColumnType& column : schema) into.sample_columns.push_back(column.name);
  while (into.sample.size() < row_count) {
    const auto batch = rows->next();
    if (!batch) return;
    for (std::size_t row = 0; row < batch->row_count() && into.sample.size() < row_count; ++row) {
      auto& cells = into.sample.emplace_back();
      for (std::size_t column = 0; column < schema.size(); ++column)
        cells.push_back(masked_cell(*batch, column, row, schema[column]));
    }
  }
}

const Catalog& catalog_of(const ConnectionEntry& entry) {
  for (const Catalog& catalog : all_catalogs()) {
    if (catalog.family == entry.family) return catalog;
  }
  throw Error(ErrorKind::kUser, "cli.usage", cat("this connection has no tables: '", entry.reference(), "'"));
}

void check_sample(std::uint64_t sample_rows, const std::optional<std::string>& table) {
  if (sample_rows == 0) return;
  if (!table) throw Error(ErrorKind::kUser, "cli.usage", "a sample is of one table", "name the table");
  if (sample_rows > kMostSampleRows) {
    throw Error(ErrorKind::kUser, "cli.usage",
                cat("a sample has at most ", kMostSampleRows, " rows, not ", sample_rows));
  }
}

/// Says which tables there are where the wanted one is not.
[[noreturn]] void refuse_table(const Catalog& catalog, const ConnectionConfig& config,
                               const std::string& table, Cancellation& cancellation) {
  std::vector<std::string> names;
  for (const CatalogTable& each : catalog.look(config, std::nullopt, cancellation))
    names.push_back(each.name);
  throw Error(ErrorKind::kUser, "query.unknown_table", cat("there is no table of this name: '", table, "'"),
              suggestion(table, names));
}

}  // namespace

std::string masked(std::string_view value) {
  std::string shape;
  std::size_t count = 0;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues_character = (byte & 0xC0U) == 0x80U;
    if (continues_character) continue;
    if (++count > kMostCharacters) return shape + "…";
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || byte >= 0x80U;
    const bool is_printed = byte >= ' ' && byte < 0x7FU;
    shape += is_digit ? '9' : is_letter ? 'x' : is_printed ? c : ' ';
  }
  return shape;
}

Discovery discover_tables(const std::string& reference, const std::optional<std::string>& table,
                          std::uint64_t sample_rows, const Project& project, const Registry& registry,
                          Cancellation& cancellation) {
  check_sample(sample_rows, table);
  const ConnectionEntry& entry = project.connections().find(reference);
  const ResolvedConnection connection = resolve(entry, project.environment(), registry, project.folder());
  const Catalog& catalog = catalog_of(entry);
  std::vector<CatalogTable> found = catalog.look(connection.config, table, cancellation);
  if (table && found.empty()) refuse_table(catalog, connection.config, *table, cancellation);
  Discovery discovery{entry.reference(), {}, 0};
  for (CatalogTable& each : found) {
    if (discovery.tables.size() == kMostTables) {
      ++discovery.left_out;
      continue;
    }
    DiscoveredTable& told = discovery.tables.emplace_back();
    told.table = std::move(each);
    if (sample_rows > 0) take_sample(told, entry.reference(), sample_rows, project, registry, cancellation);
  }
  return discovery;
}

Schema look_at_query(const std::string& reference, const std::string& query, const Project& project,
                     const Registry& registry, Cancellation& cancellation) {
  const std::string& family = project.connections().find(reference).family;
  const RegisteredComponent* reader = table_reader(family, registry);
  if (reader == nullptr || reader->spec.find("query") == nullptr)
    throw Error(ErrorKind::kUser, "cli.usage", cat("this connection takes no query: '", reference, "'"));
  if (const auto finding = find_not_read_only(query, registry.connection_spec(family).dialect)) {
    throw Error(ErrorKind::kUser, "oml.not_read_only", cat("the query only reads: ", finding->message),
                "write one SELECT");
  }
  const ManifestStep step = reading_step(reader->spec, reference, "query", query);
  LookContext context(step, project, registry, cancellation);
  const Preview preview = reader->component->preview(Config(reader->spec.fields, step.config), {}, context);
  return preview.schema.value_or(Schema());
}

Json to_json(const Discovery& discovery) {
  Json tables = Json::array();
  for (const DiscoveredTable& told : discovery.tables) {
    const CatalogTable& table = told.table;
    Json columns = Json::array();
    for (const CatalogColumn& column : table.columns)
      columns.push_back({{"name", column.name}, {"type", column.type}, {"nullable", column.is_nullable}});
    Json json{{"name", table.name}, {"kind", table.is_view ? "view" : "table"}};
    if (table.estimated_rows) json["estimated_rows"] = *table.estimated_rows;
    json["columns"] = columns;
    json["keys"] = table.keys;
    if (!told.sample_columns.empty()) {
      Json rows = Json::array();
      for (const auto& row : told.sample) {
        Json cells = Json::array();
        for (const auto& cell : row) cells.push_back(cell ? Json(*cell) : Json());
        rows.push_back(cells);
      }
      json["masked_sample"] = {{"columns", told.sample_columns}, {"rows", rows}};
    }
    tables.push_back(json);
  }
  return {{"connection", discovery.reference}, {"tables", tables}, {"left_out", discovery.left_out}};
}

}  // namespace osiris
