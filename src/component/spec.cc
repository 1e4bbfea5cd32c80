#include "component/spec.h"

#include "base/error.h"
#include "base/text.h"
#include "format/yaml.h"

namespace osiris {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kExtractor:
      return "extractor";
    case Role::kProcessor:
      return "processor";
    case Role::kWriter:
      return "writer";
  }
  return "extractor";
}

std::string_view mode_of(Role role) {
  switch (role) {
    case Role::kExtractor:
      return "read";
    case Role::kProcessor:
      return "transform";
    case Role::kWriter:
      return "write";
  }
  return "read";
}

namespace {

struct TypeName {
  std::string_view name;
  FieldType type;
};

constexpr std::array<TypeName, 8> kTypeNames{{{"string", FieldType::kString},
                                              {"integer", FieldType::kInteger},
                                              {"number", FieldType::kNumber},
                                              {"boolean", FieldType::kBoolean},
                                              {"array", FieldType::kArray},
                                              {"object", FieldType::kObject},
                                              {"duration", FieldType::kDuration},
                                              {"size", FieldType::kSize}}};

/// Reads a spec's map key by key; what nobody asked for is a mistake in the spec.
class SpecReader {
 public:
  SpecReader(const yaml::Node& node, std::string where) : node_(node), where_(std::move(where)) {
    invariant(node.is_map(), cat(where_, " is a map"));
  }

  const yaml::Node* find(std::string_view key) {
    known_.emplace_back(key);
    return node_.find(key);
  }
  std::string text(std::string_view key) {
    const yaml::Node* value = find(key);
    return value == nullptr ? std::string() : value->text;
  }
  bool flag(std::string_view key) {
    const yaml::Node* value = find(key);
    return value != nullptr && value->text == "true";
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    if (const yaml::Node* value = find(key)) {
      for (const yaml::Node& item : value->items) out.push_back(item.text);
    }
    return out;
  }
  std::optional<double> number(std::string_view key) {
    const yaml::Node* value = find(key);
    if (value == nullptr) return std::nullopt;
    return value->to_json().get<double>();
  }
  void finish() const {
    for (const auto& entry : node_.entries) {
      invariant(std::find(known_.begin(), known_.end(), entry.key) != known_.end(),
                cat(where_, " has no unknown key '", entry.key, "'"));
    }
  }

 private:
  const yaml::Node& node_;
  std::string where_;
  std::vector<std::string> known_;
};

FieldType parse_type(const std::string& name, const std::string& where) {
  for (const TypeName& known : kTypeNames) {
    if (known.name == name) return known.type;
  }
  invariant(false, cat(where, " has a known type, not '", name, "'"));
  return FieldType::kString;
}

std::vector<Field> parse_fields(const yaml::Node* node, const std::string& where);

Field parse_field(const yaml::Node::Entry& entry, const std::string& where) {
  const std::string place = cat(where, " field '", entry.key, "'");
  SpecReader reader(entry.value, place);
  Field field;
  field.name = entry.key;
  field.type = parse_type(reader.text("type"), place);
  field.is_required = reader.flag("required");
  field.is_secret = reader.flag("secret");
  field.is_sql = reader.flag("sql");
  field.is_condition = reader.flag("condition");
  field.is_path = reader.flag("path");
  field.hash_of = reader.text("hash_of");
  if (const yaml::Node* value = reader.find("default")) field.default_value = value->to_json();
  if (const yaml::Node* values = reader.find("enum")) {
    for (const yaml::Node& item : values->items) field.allowed.push_back(item.to_json());
  }
  field.minimum = reader.number("min");
  field.maximum = reader.number("max");
  if (const std::string items = reader.text("items"); !items.empty())
    field.item_type = parse_type(items, place);
  field.members = parse_fields(reader.find("members"), place);
  field.aliases = reader.texts("aliases");
  field.help = reader.text("help");
  if (const yaml::Node* example = reader.find("example")) field.example = example->text;
  reader.finish();
  return field;
}

std::vector<Field> parse_fields(const yaml::Node* node, const std::string& where) {
  std::vector<Field> fields;
  if (node == nullptr) return fields;
  for (const auto& entry : node->entries) fields.push_back(parse_field(entry, where));
  return fields;
}

SqlDialect parse_dialect(const yaml::Node* node, const std::string& where) {
  SqlDialect dialect;
  if (node == nullptr) return dialect;
  SpecReader reader(*node, cat(where, " dialect"));
  dialect.backslash_escapes = reader.flag("backslash_escapes");
  dialect.hash_comments = reader.flag("hash_comments");
  dialect.executable_comments = reader.flag("executable_comments");
  dialect.double_quoted_strings = reader.flag("double_quoted_strings");
  dialect.dollar_quotes = reader.flag("dollar_quotes");
  dialect.nested_comments = reader.flag("nested_comments");
  reader.finish();
  return dialect;
}

Constraint parse_constraint(const yaml::Node& node, const std::string& where) {
  SpecReader reader(node, cat(where, " constraint"));
  Constraint constraint;
  if (const yaml::Node* when = reader.find("when")) constraint.when = when->to_json();
  constraint.given = reader.texts("given");
  constraint.require = reader.texts("require");
  constraint.forbid = reader.texts("forbid");
  constraint.one_of = reader.texts("one_of");
  constraint.error = reader.text("error");
  reader.finish();
  return constraint;
}

Role parse_role(const std::string& name, const std::string& where) {
  for (const Role role : {Role::kExtractor, Role::kProcessor, Role::kWriter}) {
    if (name == to_string(role)) return role;
  }
  invariant(false, cat(where, " has a known role, not '", name, "'"));
  return Role::kExtractor;
}

}  // namespace

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
    if (std::find(field.aliases.begin(), field.aliases.end(), name) != field.aliases.end()) return &field;
  }
  return nullptr;
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

std::string_view to_string(FieldType type) {
  for (const TypeName& known : kTypeNames) {
    if (known.type == type) return known.name;
  }
  return "string";
}

const Field* ComponentSpec::find(std::string_view field_name) const { return find_field(fields, field_name); }
std::vector<std::string> ComponentSpec::field_names() const { return names_of(fields); }
const Field* ConnectionSpec::find(std::string_view field_name) const {
  return find_field(fields, field_name);
}
std::vector<std::string> ConnectionSpec::field_names() const { return names_of(fields); }

ComponentSpec parse_component_spec(std::string_view name, std::string_view text) {
  const std::string where = cat("the spec of ", name);
  const yaml::Node root = yaml::parse(text, where);
  SpecReader reader(root, where);
  ComponentSpec spec;
  spec.name = name;
  spec.title = reader.text("title");
  spec.version = reader.text("version");
  spec.aliases = reader.texts("aliases");
  spec.role = parse_role(reader.text("role"), where);
  spec.connection_family = reader.text("connection");
  spec.commit = reader.text("commit");
  spec.marks_with = reader.texts("marks_with");
  spec.uses_engine = reader.flag("uses_engine");
  spec.accepts_many_inputs = reader.flag("accepts_many_inputs");
  spec.has_optional_inputs = reader.flag("has_optional_inputs");
  spec.dialect = parse_dialect(reader.find("dialect"), where);
  spec.fields = parse_fields(reader.find("config"), where);
  if (const yaml::Node* constraints = reader.find("constraints")) {
    for (const yaml::Node& node : constraints->items)
      spec.constraints.push_back(parse_constraint(node, where));
  }
  if (const yaml::Node* examples = reader.find("examples")) {
    for (const yaml::Node& node : examples->items) {
      SpecReader example(node, cat(where, " example"));
      const yaml::Node* config = example.find("config");
      spec.examples.push_back({example.text("name"), config == nullptr ? Json::object() : config->to_json()});
      example.finish();
    }
  }
  reader.finish();
  return spec;
}

ConnectionSpec parse_connection_spec(std::string_view family, std::string_view text) {
  const std::string where = cat("the connection spec of ", family);
  const yaml::Node root = yaml::parse(text, where);
  SpecReader reader(root, where);
  ConnectionSpec spec;
  spec.family = family;
  spec.title = reader.text("title");
  spec.dialect = parse_dialect(reader.find("dialect"), where);
  spec.fields = parse_fields(reader.find("fields"), where);
  reader.finish();
  return spec;
}

namespace {

std::string_view schema_type(FieldType type) {
  const bool is_text = type == FieldType::kDuration || type == FieldType::kSize;
  return is_text ? "string" : to_string(type);
}

Json field_schema(const Field& field) {
  Json schema{{"type", schema_type(field.type)}};
  if (!field.help.empty()) schema["description"] = field.help;
  if (!field.allowed.empty()) schema["enum"] = field.allowed;
  if (field.default_value) schema["default"] = *field.default_value;
  const bool is_text = field.type == FieldType::kString;
  if (field.minimum) schema[is_text ? "minLength" : "minimum"] = *field.minimum;
  if (field.maximum) schema[is_text ? "maxLength" : "maximum"] = *field.maximum;
  if (field.type == FieldType::kArray) {
    // One entry alone is a list of one.
    schema["type"] = {"array", schema_type(field.item_type)};
    schema["items"] = {{"type", schema_type(field.item_type)}};
  }
  if (!field.members.empty()) schema.update(config_schema(field.members, {}));
  if (!field.example.empty()) schema["examples"] = Json::array({field.example});
  if (field.is_secret) schema["writeOnly"] = true;
  return schema;
}

/// Holds where the key is there, by whichever of its names.
Json is_given(const std::vector<Field>& fields, const std::string& key) {
  const Field* field = find_field(fields, key);
  if (field == nullptr || field->aliases.empty()) return {{"required", {key}}};
  Json names = Json::array({{{"required", {field->name}}}});
  for (const std::string& alias : field->aliases) names.push_back({{"required", {alias}}});
  return {{"anyOf", names}};
}

bool has_default(const std::vector<Field>& fields, const std::string& key) {
  const Field* field = find_field(fields, key);
  return field != nullptr && field->default_value.has_value();
}

/// Holds where the constraint has something to say.
Json condition_schema(const std::vector<Field>& fields, const Constraint& constraint) {
  Json conditions = Json::array();
  for (const auto& [key, wanted] : constraint.when.items()) {
    const Field* field = find_field(fields, key);
    conditions.push_back({{"properties", {{key, {{"const", wanted}}}}}});
    if (field == nullptr || field->default_value != std::optional<Json>(wanted))
      conditions.push_back(is_given(fields, key));
  }
  for (const std::string& key : constraint.given) conditions.push_back(is_given(fields, key));
  return conditions;
}

Json demand_schema(const std::vector<Field>& fields, const Constraint& constraint) {
  Json demands = Json::array();
  for (const std::string& key : constraint.require) {
    if (!has_default(fields, key)) demands.push_back(is_given(fields, key));
  }
  for (const std::string& key : constraint.forbid) demands.push_back({{"not", is_given(fields, key)}});
  Json choices = Json::array();
  for (const std::string& key : constraint.one_of) choices.push_back(is_given(fields, key));
  if (!choices.empty()) demands.push_back({{"oneOf", choices}});
  return demands;
}

}  // namespace

Json config_schema(const std::vector<Field>& fields, const std::vector<Constraint>& constraints) {
  Json properties = Json::object();
  Json required = Json::array();
  Json rules = Json::array();
  for (const Field& field : fields) {
    const Json schema = field_schema(field);
    properties[field.name] = schema;
    for (const std::string& alias : field.aliases) {
      properties[alias] = schema;
      properties[alias]["description"] = cat("The same as ", field.name);
    }
    if (field.is_required && field.aliases.empty()) required.push_back(field.name);
    if (field.is_required && !field.aliases.empty()) rules.push_back(is_given(fields, field.name));
  }
  for (const Constraint& constraint : constraints) {
    const Json demands = demand_schema(fields, constraint);
    if (demands.empty()) continue;
    const Json conditions = condition_schema(fields, constraint);
    Json rule = conditions.empty() ? Json{{"allOf", demands}}
                                   : Json{{"if", {{"allOf", conditions}}}, {"then", {{"allOf", demands}}}};
    if (!constraint.error.empty()) rule["description"] = constraint.error;
    rules.push_back(rule);
  }
  Json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  if (!rules.empty()) schema["allOf"] = rules;
  return schema;
}

}  // namespace osiris
