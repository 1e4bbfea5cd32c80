#pragma once

#include <memory>
#include <optional>

#include "component/component.h"
#include "component/config.h"

namespace osiris::supabase {

/// The connection of a project's own PostgreSQL, where `pg_dsn` or `db_password` tells how it is reached; it
/// keeps the project's reference, "@supabase.main". Errors: kUser "connection.invalid".
std::optional<ConnectionConfig> database_of(const ConnectionConfig& project);

/// The connection type of that database.
const ConnectionType& database_type();

/// What a step of ours needs to be done by the PostgreSQL component of the same role: that component, its
/// config, and a context whose connection is the project's database. All of it must outlive what the
/// component makes.
class DatabaseStep {
 public:
  /// `role`: "extractor" or "writer"; `values`: the component's own config keys.
  DatabaseStep(std::string_view role, Json values, const ConnectionConfig& database, Context& context);
  DatabaseStep(const DatabaseStep&) = delete;
  DatabaseStep& operator=(const DatabaseStep&) = delete;
  ~DatabaseStep();

  const Component& component() const { return *component_; }
  const Config& config() const { return config_; }
  Context& context();

 private:
  class DatabaseContext;

  const Component* component_;
  Config config_;
  std::unique_ptr<DatabaseContext> context_;
};

/// What the step's component opens; the step lives as long.
std::unique_ptr<Extractor> open_extractor(std::unique_ptr<DatabaseStep> step);
std::unique_ptr<Writer> open_writer(std::unique_ptr<DatabaseStep> step, const Schema& schema);

/// A table's name with the project's schema, unless it has one.
std::string table_in(const ConnectionConfig& project, const std::string& table);

}  // namespace osiris::supabase
