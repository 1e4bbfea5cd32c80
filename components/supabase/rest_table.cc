#include "supabase/rest_table.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace osiris::supabase {

namespace {

struct TypeName {
  std::string_view declared;
  TypeId id;
};

/// Every value arrives as the text that the database prints; a numeric's precision is not told.
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

ColumnType type_of(const std::string& name, const std::string& declared) {
  ColumnType type;
  type.name = name;
  type.encoding = Encoding::kText;
  type.source_type = cat("supabase ", declared);
  const auto found = std::ranges::find(kTypes, declared, &TypeName::declared);
  type.type.id = found == kTypes.end() ? TypeId::kText : found->id;
  if (is_string(type.type)) type.encoding = Encoding::kNative;
  return type;
}

RestTable table_of(const std::string& name, const Json& definition) {
  RestTable table{name, {}};
  const std::vector<std::string> required = definition.value("required", std::vector<std::string>{});
  for (const auto& [column, property] : definition.at("properties").items()) {
    RestTable::Column described;
    described.declared = property.value("format", "text");
    described.type = type_of(column, described.declared);
    described.is_key = property.value("description", "").find("<pk/>") != std::string::npos;
    const bool is_not_null = std::ranges::find(required, column) != required.end();
    described.type.nullable = !is_not_null;
    described.is_required = is_not_null && !property.contains("default") && !described.is_key;
    table.columns.push_back(std::move(described));
  }
  return table;
}

}  // namespace

const RestTable::Column* RestTable::find(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, [](const Column& each) { return each.type.name; });
  return found == columns.end() ? nullptr : &*found;
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

RestTable describe_table(RestClient& client, const std::string& name) {
  const HttpResponse response = client.send({"GET", "", {{"Accept", "application/openapi+json"}}});
  const Json description = Json::parse(response.body, nullptr, false);
  if (!description.is_object() || !description.contains("definitions")) {
    throw Error(ErrorKind::kConnection, "connection.refused", "the project does not describe its tables",
                "check the url; take a secret or service_role key, for others see no description");
  }
  const Json& definitions = description["definitions"];
  const auto found = definitions.find(name);
  if (found != definitions.end()) return table_of(name, *found);
  std::vector<std::string> names;
  for (const auto& [table, _] : definitions.items()) names.push_back(table);
  throw Error(
      ErrorKind::kUser, "query.unknown_table", cat("the key sees no such table: '", name, "'"),
      cat(suggestion(name, names), "; a table without a grant for the key's role is not there for it"));
}

}  // namespace osiris::supabase
