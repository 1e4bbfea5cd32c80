#include "supabase/database_road.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <libpq-fe.h>

#include "base/error.h"
#include "base/text.h"
#include "component/spec.h"

namespace osiris::supabase {

namespace {

constexpr std::string_view kFamily = "postgres";

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

const ConnectionSpec& database_spec() {
  static const ConnectionSpec kSpec = parse_connection_spec(kFamily, database_type().spec);
  return kSpec;
}

const Component& find_component(std::string_view role) {
  const std::string name = cat(kFamily, ".", role);
  const auto& components = all_components();
  const auto found = std::ranges::find(components, name, &Component::name);
  invariant(found != components.end(), "the family of the database has extractor and writer");
  return *found;
}

const ComponentSpec& spec_of(const Component& component) {
  static std::map<std::string_view, ComponentSpec> specs;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const auto found = specs.find(component.name);
  if (found != specs.end()) return found->second;
  return specs.emplace(component.name, parse_component_spec(component.name, component.spec)).first->second;
}

/// The word of our connections for one of libpq's.
std::string tls_mode_of(std::string_view sslmode) {
  if (sslmode == "disable") return "disabled";
  if (sslmode == "require") return "required";
  if (sslmode == "verify-ca") return "verify_ca";
  return sslmode == "verify-full" ? "verify_identity" : "preferred";
}

using Fields = std::map<std::string, Secret>;

void add_field(Fields& fields, std::string_view keyword, const std::string& value) {
  static const std::map<std::string_view, std::string> kNames = {
      {"host", "host"},         {"port", "port"},          {"dbname", "database"},  {"user", "username"},
      {"password", "password"}, {"sslrootcert", "tls_ca"}, {"sslcert", "tls_cert"}, {"sslkey", "tls_key"}};
  if (const auto name = kNames.find(keyword); name != kNames.end())
    fields.emplace(name->second, Secret(value));
  if (keyword == "sslmode") fields.emplace("tls_mode", Secret(tls_mode_of(value)));
  if (keyword == "connect_timeout") fields.emplace("connect_timeout", Secret(value + "s"));
}

/// libpq reads both forms of such a text, the URI and the list of keywords.
Fields fields_of_dsn(const ConnectionConfig& project) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, OptionsDeleter> options(
      PQconninfoParse(project.secret("pg_dsn").reveal().c_str(), &problem));
  PQfreemem(problem);  // it may show a part of the password
  if (!options) {
    throw Error(ErrorKind::kUser, "connection.invalid",
                cat("pg_dsn of ", project.reference(), " is no address of a PostgreSQL database"),
                "write postgresql://user:password@host:5432/database, special characters of the password "
                "percent-encoded");
  }
  Fields fields;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') add_field(fields, option->keyword, option->val);
  }
  return fields;
}

/// "abcdefghijklmnopqrst" of https://abcdefghijklmnopqrst.supabase.co.
std::string project_name(const ConnectionConfig& project) {
  constexpr std::string_view kScheme = "https://", kDomain = ".supabase.co";
  const std::string url = project.plain().text("url");
  const std::size_t dot = url.find(kDomain);
  if (!url.starts_with(kScheme) || dot == std::string::npos || dot <= kScheme.size()) {
    throw Error(ErrorKind::kUser, "connection.invalid",
                cat("the url of ", project.reference(), " does not tell where its database is: '", url, "'"),
                "give pg_dsn instead of db_password");
  }
  return url.substr(kScheme.size(), dot - kScheme.size());
}

Fields fields_of_password(const ConnectionConfig& project) {
  Fields fields;
  fields.emplace("host", Secret(cat("db.", project_name(project), ".supabase.co")));
  fields.emplace("database", Secret("postgres"));
  fields.emplace("username", Secret("postgres"));
  fields.emplace("password", project.secret("db_password"));
  fields.emplace("tls_mode", Secret("required"));
  return fields;
}

class DatabaseExtractor : public Extractor {
 public:
  explicit DatabaseExtractor(std::unique_ptr<DatabaseStep> step)
      : step_(std::move(step)), rows_(step_->component().open_extractor(step_->config(), step_->context())) {}
  const Schema& schema() const override { return rows_->schema(); }
  std::optional<Batch> next() override { return rows_->next(); }
  std::optional<Mark> mark() const override { return rows_->mark(); }

 private:
  std::unique_ptr<DatabaseStep> step_;
  std::unique_ptr<Extractor> rows_;
};

class DatabaseWriter : public Writer {
 public:
  DatabaseWriter(std::unique_ptr<DatabaseStep> step, const Schema& schema)
      : step_(std::move(step)),
        rows_(step_->component().open_writer(step_->config(), schema, step_->context())) {}
  void write(const Batch& batch) override { rows_->write(batch); }
  LoadResult commit(const LoadRecord& record) override { return rows_->commit(record); }
  void abort(std::chrono::steady_clock::time_point deadline) noexcept override { rows_->abort(deadline); }

 private:
  std::unique_ptr<DatabaseStep> step_;
  std::unique_ptr<Writer> rows_;
};

}  // namespace

std::optional<ConnectionConfig> database_of(const ConnectionConfig& project) {
  const bool has_dsn = project.has("pg_dsn");
  if (!has_dsn && !project.has("db_password")) return std::nullopt;
  return ConnectionConfig(project.family(), project.alias(), database_spec(),
                          has_dsn ? fields_of_dsn(project) : fields_of_password(project));
}

const ConnectionType& database_type() {
  const auto& types = all_connection_types();
  const auto found = std::ranges::find(types, kFamily, &ConnectionType::family);
  invariant(found != types.end(), "the family of the database is built in");
  return *found;
}

/// The step's own context, but for the connection.
class DatabaseStep::DatabaseContext : public Context {
 public:
  DatabaseContext(Context& step, ConnectionConfig database) : step_(step), database_(std::move(database)) {}

  Cancellation& cancellation() override { return step_.cancellation(); }
  const ConnectionConfig& connection() override { return database_; }
  std::filesystem::path project_path(const std::string& path) override { return step_.project_path(path); }
  std::filesystem::path artifact_path(const std::string& name) override { return step_.artifact_path(name); }
  std::filesystem::path temporary_folder() override { return step_.temporary_folder(); }
  bool allows_external_access() override { return step_.allows_external_access(); }
  const Secret& variable(const std::string& name) override { return step_.variable(name); }
  bool installs_packages() override { return step_.installs_packages(); }
  void warn(const std::string& code, const std::string& message, const std::string& hint) override {
    step_.warn(code, message, hint);
  }
  void connection_opened(const std::string& server, std::chrono::microseconds elapsed) override {
    step_.connection_opened(server, elapsed);
  }
  void file_written(const WrittenFile& file) override { step_.file_written(file); }
  void count_bytes_read(std::uint64_t bytes) override { step_.count_bytes_read(bytes); }
  void count_bytes_written(std::uint64_t bytes) override { step_.count_bytes_written(bytes); }
  void expect_total(const Total& total) override { step_.expect_total(total); }
  void script_said(std::string_view line) override { step_.script_said(line); }
  void count_skipped_rows(std::uint64_t rows) override { step_.count_skipped_rows(rows); }
  void quarantine(const RefusedRow& row) override { step_.quarantine(row); }
  const LoadId& load_id() override { return step_.load_id(); }
  void load_started(const LoadStart& start) override { step_.load_started(start); }
  const Window& window() override { return step_.window(); }

 private:
  Context& step_;
  ConnectionConfig database_;
};

DatabaseStep::DatabaseStep(std::string_view role, Json values, const ConnectionConfig& database,
                           Context& context)
    : component_(&find_component(role)),
      config_(spec_of(*component_).fields, std::move(values)),
      context_(std::make_unique<DatabaseContext>(context, database)) {}
DatabaseStep::~DatabaseStep() = default;

Context& DatabaseStep::context() { return *context_; }

std::unique_ptr<Extractor> open_extractor(std::unique_ptr<DatabaseStep> step) {
  return std::make_unique<DatabaseExtractor>(std::move(step));
}

std::unique_ptr<Writer> open_writer(std::unique_ptr<DatabaseStep> step, const Schema& schema) {
  return std::make_unique<DatabaseWriter>(std::move(step), schema);
}

std::string table_in(const ConnectionConfig& project, const std::string& table) {
  if (table.find('.') != std::string::npos) return table;
  return cat(project.plain().text("schema"), ".", table);
}

}  // namespace osiris::supabase
