#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace osiris {

enum class Role { kExtractor, kProcessor, kWriter };

/// "extractor", "processor", "writer".
std::string_view to_string(Role role);
/// The OML mode of a role: read, transform, write.
std::string_view mode_of(Role role);

/// What a config value may be. kDuration and kSize are texts with a unit in OML ("30s", "64MiB").
enum class FieldType { kString, kInteger, kNumber, kBoolean, kArray, kObject, kDuration, kSize };

std::string_view to_string(FieldType type);

/// One config key or one connection field, as its spec file declares it.
struct Field {
  std::string name;
  FieldType type = FieldType::kString;
  bool is_required = false;
  bool is_secret = false;     ///< never written by hand, never shown
  bool is_sql = false;        ///< one read-only statement in the connection's dialect
  bool is_condition = false;  ///< what may stand after WHERE in the connection's dialect
  bool is_path = false;       ///< a file, relative to the project
  std::string hash_of;        ///< compile puts in the fingerprint of the file that the key of this name has
  std::optional<Json> default_value;
  std::vector<Json> allowed;                 ///< `enum`; empty: anything of the type
  std::optional<double> minimum, maximum;    ///< of a number; of a string, its length in characters
  FieldType item_type = FieldType::kString;  ///< of an array's items
  std::vector<Field> members;                ///< the keys of an object; empty: any
  std::vector<std::string> aliases;          ///< other names that mean this key
  std::string help, example;
};

/// The lexical rules of a SQL dialect, as far as they decide where a statement ends.
struct SqlDialect {
  bool backslash_escapes = false;      ///< '\'' is one string
  bool hash_comments = false;          ///< # to the end of the line
  bool executable_comments = false;    ///< /*! … */ is code
  bool double_quoted_strings = false;  ///< "…" is a string, not a name
  bool dollar_quotes = false;          ///< $tag$ … $tag$
  bool nested_comments = false;        ///< /* /* */ */
};

/// When all of `when` hold and all of `given` are there, every key of `require` must be there and none of
/// `forbid`; or exactly one of `one_of`.
struct Constraint {
  Json when = Json::object();
  std::vector<std::string> given, require, forbid, one_of;
  std::string error;
};

struct SpecExample {
  std::string name;
  Json config;
};

/// What a spec file says: the only source of a component's names, defaults, limits, secrets and help.
struct ComponentSpec {
  std::string name;  ///< "<family>.<role file>"
  std::vector<std::string> aliases;
  std::string title, version;
  Role role = Role::kExtractor;
  std::string connection_family;  ///< empty: needs no connection
  std::string commit;             ///< writers: transaction, swap or append; what abort() can undo
  /// Writers that keep an incremental read's mark with their rows only where the connection has one of these
  /// fields; empty: whatever it has.
  std::vector<std::string> marks_with;
  bool uses_engine = false;          ///< works with the SQL engine's library
  bool accepts_many_inputs = false;  ///< processors only
  bool has_optional_inputs = false;  ///< a processor that can run without any
  SqlDialect dialect;
  std::vector<Field> fields;
  std::vector<Constraint> constraints;
  std::vector<SpecExample> examples;

  /// The field of this name or alias, or null.
  const Field* find(std::string_view name) const;
  std::vector<std::string> field_names() const;
};

/// The field of this name or alias among several, or null.
const Field* find_field(const std::vector<Field>& fields, std::string_view name);
std::vector<std::string> names_of(const std::vector<Field>& fields);

/// What `connection.spec.yaml` says of a family's connections.
struct ConnectionSpec {
  std::string family, title;
  SqlDialect dialect;
  std::vector<Field> fields;

  const Field* find(std::string_view name) const;
  std::vector<std::string> field_names() const;
};

/// Reads a spec file's text. Errors: kInternal, for the text is ours.
ComponentSpec parse_component_spec(std::string_view name, std::string_view yaml);
ConnectionSpec parse_connection_spec(std::string_view family, std::string_view yaml);

/// JSON Schema (draft 2020-12) of a step's `config`, printed from the fields.
Json config_schema(const std::vector<Field>& fields, const std::vector<Constraint>& constraints);

}  // namespace osiris
