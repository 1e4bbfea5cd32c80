#include "supabase/rest_table.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "postgres/server_types.h"

namespace osiris::supabase {

namespace {

struct TypeName {
  std::string_view declared;
  TypeId id;
};

/// Every value arrives as the text that the database prints; what is not here is text.
constexpr std::array kTypes{
    TypeName{"smallint", TypeId::kInt16},
    TypeName{"integer", TypeId::kInt32},
    TypeName{"bigint", TypeId::kInt64},
    TypeName{"real", TypeId::kFloat},
    TypeName{"double precision", TypeId::kDouble},
    TypeName{"boolean", TypeId::kBoolean},
    TypeName{"date", TypeId::kDate},
    TypeName{"timestamp without time zone", TypeId::kTimestamp},
    TypeName{"timestamp with time zone", TypeId::kTimestampTz},
    TypeName{"uuid", TypeId::kUuid},
    TypeName{"json", TypeId::kJson},
    TypeName{"jsonb", TypeId::kJson},
};

ColumnType read_type(const std::string& name, const std::string& declared) {
  ColumnType type;
  type.name = name;
  type.encoding = Encoding::kText;
  type.source_type = cat("supabase ", declared);
  const auto found = std::ranges::find(kTypes, declared, &TypeName::declared);
  type.type.id = found == kTypes.end() ? TypeId::kText : found->id;
  if (is_string(type.type)) type.encoding = Encoding::kNative;
  return type;
}

TargetColumn target_column(const std::string& name, const std::string& declared) {
  if (postgres::find_server_type(declared) != nullptr) return postgres::declared_column(name, declared);
  // Of an extension or of the user's own: the server reads its text.
  TargetColumn column = postgres::declared_column(name, "text");
  column.declared = declared;
  return column;
}

RestTable table_of(const std::string& name, const Json& definition) {
  RestTable table{name, {}};
  const std::vector<std::string> required = definition.value("required", std::vector<std::string>{});
  for (const auto& [column, property] : definition.at("properties").items()) {
    const std::string declared = property.value("format", "text");
    RestTable::Column described{read_type(column, declared), target_column(column, declared)};
    described.is_key = property.value("description", "").find("<pk/>") != std::string::npos;
    const bool is_nullable = std::ranges::find(required, column) == required.end();
    described.type.nullable = described.target.is_nullable = is_nullable;
    // An identity has a default that is not told; such a column is mostly the key.
    described.target.has_default = property.contains("default") || described.is_key;
    if (property.contains("maxLength"))
      described.target.most_characters = property["maxLength"].get<std::uint64_t>();
    table.columns.push_back(std::move(described));
  }
  return table;
}

}  // namespace

const RestTable::Column& RestTable::column(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, [](const Column& each) { return each.type.name; });
  if (found != columns.end()) return *found;
  throw Error(ErrorKind::kUser, "query.unknown_column",
              cat("the table '", name, "' has no column '", column, "'"), suggestion(column, column_names()));
}

std::vector<std::string> RestTable::key() const {
  std::vector<std::string> names;
  for (const Column& column : columns) {
    if (column.is_key) names.push_back(column.type.name);
  }
  return names;
}

std::vector<std::string> RestTable::column_names() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.type.name);
  return names;
}

RestDescription::RestDescription(RestClient& client) {
  client.require_secret_key();
  const HttpResponse response = client.send({"GET", "", {{"Accept", "application/openapi+json"}}});
  document_ = Json::parse(response.body, nullptr, false);
  if (document_.is_object() && document_.contains("definitions")) return;
  throw Error(ErrorKind::kConnection, "connection.refused", "no REST interface of Supabase answers",
              "check the url: https://<project>.supabase.co");
}

std::optional<RestTable> RestDescription::find_table(const std::string& name) const {
  const Json& definitions = document_["definitions"];
  const auto found = definitions.find(name);
  if (found == definitions.end()) return std::nullopt;
  return table_of(name, *found);
}

std::vector<std::string> RestDescription::table_names() const {
  std::vector<std::string> names;
  for (const auto& [table, _] : document_["definitions"].items()) names.push_back(table);
  return names;
}

RestTable RestDescription::table(const std::string& name) const {
  if (auto found = find_table(name)) return std::move(*found);
  const std::string near = suggestion(name, table_names());
  throw Error(ErrorKind::kUser, "query.unknown_table",
              cat("the key sees no table of this name: '", name, "'"),
              cat(near,
                  near.empty()          ? ""
                  : near.ends_with('?') ? " "
                                        : "; ",
                  "a table without a grant for the key's role is not there for it"));
}

bool RestDescription::has_load_function() const {
  return document_.contains("paths") && document_["paths"].contains("/rpc/osiris_load");
}

}  // namespace osiris::supabase
