#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "supabase/database_road.h"
#include "supabase/rest_writer.h"

namespace osiris::supabase {

namespace {

/// The keys that the database's own writer has, too, with the table's whole name.
std::unique_ptr<DatabaseStep> database_step(const Config& config, const ConnectionConfig& database,
                                            Context& context) {
  Json values = Json::object();
  for (const char* key : {"write_mode", "primary_key", "create_if_missing", "schema_policy", "pre_sql",
                          "post_sql", "delete_missing", "deleted_at", "on_bad_row", "max_bad_rows",
                          "allow_lossy", "chunk_rows", "ledger"}) {
    if (config.has(key)) values[key] = config.value(key);
  }
  values["table"] = table_in(context.connection(), config.text("table"));
  return std::make_unique<DatabaseStep>("writer", std::move(values), database, context);
}

void check_incremental(Context& context) {
  if (context.load_id().mark_name.empty()) return;
  throw Error(ErrorKind::kUser, "supabase.needs_database",
              "the mark of an incremental read cannot be kept with the rows over REST",
              cat("give ", context.connection().reference(), " a pg_dsn or db_password"));
}

std::unique_ptr<Writer> open(const Config& config, const Schema& schema, Context& context) {
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project))
    return open_writer(database_step(config, *database, context), schema);
  check_incremental(context);
  const auto begin = std::chrono::steady_clock::now();
  RestClient client(project, context.cancellation());
  RestLoad load = plan_load(config, schema, project, client);
  context.connection_opened("Supabase REST", std::chrono::duration_cast<std::chrono::microseconds>(
                                                 std::chrono::steady_clock::now() - begin));
  return open_rest_writer(std::move(load), schema, context);
}

Preview preview(const Config& config, const std::vector<Component::InputSchema>& inputs, Context& context) {
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project)) {
    const auto step = database_step(config, *database, context);
    return step->component().preview(step->config(), inputs, step->context());
  }
  Preview preview;
  preview.writes.push_back(
      cat("table ", config.text("table"), ", ", config.text("write_mode"), ", over REST"));
  preview.notes.push_back(
      cat("each request is a transaction of its own: readers see rows as they come, and a load that fails "
          "leaves those that were sent; with pg_dsn in ",
          project.reference(), " the load would be one transaction"));
  if (inputs.empty() || !inputs.front().schema) return preview;
  RestClient client(project, context.cancellation());
  const RestLoad load = plan_load(config, *inputs.front().schema, project, client);
  for (std::size_t index = 0; index < load.sources.size(); ++index) {
    const ColumnType& source = (*inputs.front().schema)[load.sources[index]];
    preview.columns.push_back({source.name,
                               source.source_type.empty() ? to_string(source.type) : source.source_type,
                               load.table.find(load.targets[index])->declared, Verdict::kChecked,
                               "the server reads the value's text"});
  }
  return preview;
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = open;
  component.preview = preview;
  component.find_load = [](const Config& config, Context& context) -> std::optional<LoadResult> {
    const auto database = database_of(context.connection());
    if (!database) return std::nullopt;
    const auto step = database_step(config, *database, context);
    return step->component().find_load(step->config(), step->context());
  };
  component.find_mark = [](const Config& config, Context& context,
                           const std::string& mark_name) -> std::optional<Mark> {
    const auto database = database_of(context.connection());
    if (!database) return std::nullopt;
    const auto step = database_step(config, *database, context);
    return step->component().find_mark(step->config(), step->context(), mark_name);
  };
  component.forget_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    const auto database = database_of(context.connection());
    if (!database) return;
    const auto step = database_step(config, *database, context);
    step->component().forget_mark(step->config(), step->context(), mark_name);
  };
}

}  // namespace osiris::supabase
