#include "project/connections.h"

#include "base/text.h"
#include "format/yaml.h"

namespace osiris {

namespace {

[[noreturn]] void malformed(const std::string& message, const std::string& file, int line, int column) {
  throw Error(ErrorKind::kUser, "connection.malformed", message,
              "the file's shape is connections: <family>: <alias>: <field>: <value>")
      .at({file, line, column});
}

const yaml::Node& as_map(const yaml::Node& node, const std::string& what, const std::string& file) {
  if (!node.is_map())
    malformed(cat(what, " must be a map, not ", describe(node.kind)), file, node.line, node.column);
  return node;
}

ConnectionEntry read_entry(const std::string& family, const yaml::Node::Entry& alias,
                           const std::string& file) {
  ConnectionEntry entry;
  entry.family = family;
  entry.alias = alias.key;
  entry.location = {file, alias.line, alias.column};
  for (const auto& field : as_map(alias.value, cat("the connection ", entry.reference()), file).entries) {
    const yaml::Node& value = field.value;
    if (!value.is_scalar()) {
      malformed(cat("the field '", field.key, "' of ", entry.reference(), " must be a single value"), file,
                field.line, field.column);
    }
    if (field.key == "default" && value.kind == yaml::Node::Kind::kBoolean) {
      entry.is_default = value.to_json().get<bool>();
    } else if (value.kind != yaml::Node::Kind::kNull) {
      entry.fields.push_back({field.key, value.text, {file, value.line, value.column}});
    }
  }
  return entry;
}

}  // namespace

Connections::Connections(const std::string& shown_name, std::string_view text) {
  const yaml::Node root = yaml::parse(text, shown_name);
  if (root.kind == yaml::Node::Kind::kNull) return;
  for (const auto& section : as_map(root, "the file", shown_name).entries) {
    if (section.key == "version") continue;
    if (section.key != "connections") {
      malformed(cat("unknown key: '", section.key, "'"), shown_name, section.line, section.column);
    }
    if (section.value.kind == yaml::Node::Kind::kNull) continue;
    for (const auto& family : as_map(section.value, "connections", shown_name).entries) {
      for (const auto& alias :
           as_map(family.value, cat("the family '", family.key, "'"), shown_name).entries) {
        entries_.push_back(read_entry(family.key, alias, shown_name));
      }
    }
  }
}

const ConnectionEntry& Connections::find(std::string_view reference) const {
  const std::size_t dot = reference.find('.');
  if (!reference.starts_with('@') || dot == std::string_view::npos || dot < 2 ||
      dot + 1 == reference.size()) {
    throw Error(ErrorKind::kUser, "connection.malformed_reference",
                cat("not a connection reference: '", reference, "'"), "write @family.alias");
  }
  std::vector<std::string> known;
  for (const ConnectionEntry& entry : entries_) {
    if (entry.reference() == reference) return entry;
    known.push_back(entry.reference());
  }
  const std::string hint = known.empty() ? "osiris_connections.yaml defines no connection"
                                         : cat("osiris_connections.yaml defines ", join(known, ", "));
  throw Error(ErrorKind::kUser, "connection.unknown_alias", cat("unknown connection: '", reference, "'"),
              hint);
}

const ConnectionEntry& Connections::default_of(std::string_view family) const {
  std::vector<const ConnectionEntry*> aliases;
  std::vector<std::string> names;
  for (const ConnectionEntry& entry : entries_) {
    if (entry.family != family) continue;
    if (entry.is_default) return entry;
    aliases.push_back(&entry);
    names.push_back(entry.reference());
  }
  for (const ConnectionEntry* entry : aliases) {
    if (entry->alias == "default") return *entry;
  }
  if (aliases.size() == 1) return *aliases.front();
  throw Error(ErrorKind::kUser, "connection.no_default",
              cat("the step names no connection of the family '", family, "'"),
              names.empty() ? cat("define one in osiris_connections.yaml and write connection: \"@", family,
                                  ".<alias>\"")
                            : cat("write connection: one of ", join(names, ", ")));
}

ResolvedConnection resolve(const ConnectionEntry& entry, const Environment& environment,
                           const Registry& registry, const std::filesystem::path& project_folder) {
  if (registry.find_connection_type(entry.family) == nullptr) {
    const auto families = registry.families();
    throw Error(ErrorKind::kUser, "connection.unknown_family",
                cat("no component connects to the family '", entry.family, "'"),
                suggestion(entry.family, families))
        .at(entry.location);
  }
  std::map<std::string, Secret> values;
  std::map<std::string, std::string> origins;
  for (const auto& field : entry.fields) {
    Substitution substitution = located(field.location, [&] {
      return within(cat("field '", field.name, "' of ", entry.reference()),
                    [&] { return substitute(field.text, environment); });
    });
    origins[field.name] = std::move(substitution.origin);
    values.emplace(field.name, std::move(substitution.value));
  }
  return located(entry.location, [&] {
    return ResolvedConnection{
        ConnectionConfig(entry.family, entry.alias, registry.connection_spec(entry.family), values,
                         project_folder),
        std::move(origins)};
  });
}

}  // namespace osiris
