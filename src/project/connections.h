#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "component/config.h"
#include "component/registry.h"
#include "project/environment.h"

namespace osiris {

/// One alias of osiris_connections.yaml, before ${…} is replaced.
struct ConnectionEntry {
  struct FieldText {
    std::string name, text;
    Location location;
  };

  std::string family, alias;
  bool is_default = false;
  std::vector<FieldText> fields;
  Location location;

  std::string reference() const { return "@" + family + "." + alias; }
};

/// A connection with its values, and for each field where the value came from.
struct ResolvedConnection {
  ConnectionConfig config;
  std::map<std::string, std::string> origins;
};

/// What osiris_connections.yaml declares.
class Connections {
 public:
  /// No file: no connections.
  Connections() = default;
  /// Reads the file. Errors: kUser "yaml.…", "connection.malformed", with the place.
  Connections(const std::string& shown_name, std::string_view text);
  explicit Connections(std::vector<ConnectionEntry> entries) : entries_(std::move(entries)) {}

  const std::vector<ConnectionEntry>& entries() const { return entries_; }

  /// The alias that "@family.alias" names.
  /// Errors: kUser "connection.malformed_reference", "connection.unknown_alias" with a hint.
  const ConnectionEntry& find(std::string_view reference) const;
  /// The alias that a step without a `connection` gets: the one marked `default: true`, else the one
  /// called `default`, else the only one. Errors: kUser "connection.no_default".
  const ConnectionEntry& default_of(std::string_view family) const;

 private:
  std::vector<ConnectionEntry> entries_;
};

/// Replaces the variables of one alias and checks its fields against the family's spec. A field that is a
/// path becomes absolute: a relative one starts at the project's folder. Errors: kUser
/// "connection.missing_variable" (variable, file and line), "connection.unknown_field", "connection.invalid".
ResolvedConnection resolve(const ConnectionEntry& entry, const Environment& environment,
                           const Registry& registry, const std::filesystem::path& project_folder = {});

}  // namespace osiris
