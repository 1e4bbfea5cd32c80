#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "supabase/database_road.h"
#include "supabase/rest_road.h"
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

/// Compile has checked it as far as the names of the connection's fields tell.
void check_incremental(const Config& config, Context& context) {
  if (context.load_id().mark_name.empty() || config.text("write_mode") == "upsert") return;
  throw Error(
      ErrorKind::kUser, "supabase.needs_database",
      "over REST the mark of an incremental read is not kept in the transaction of its rows, which could "
      "then come twice",
      cat("use write_mode: upsert, or give ", context.connection().reference(), " a pg_dsn or db_password"));
}

/// What an earlier run sent of an append stays, and without a ledger nobody knows how much that is.
void check_resumed(const RestLoad& load, Context& context) {
  if (!context.load_id().is_resumed || load.has_function || load.options.mode != WriteMode::kAppend) return;
  throw Error(ErrorKind::kUser, "supabase.not_resumable",
              cat("rows that the earlier run sent may be in the table, and would come twice: '",
                  load.options.table, "'"),
              cat("remove them and run the pipeline anew; with `osiris supabase install ",
                  context.connection().reference(), "` or a pg_dsn a run can be resumed"));
}

std::unique_ptr<Writer> open(const Config& config, const Schema& schema, Context& context) {
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project))
    return open_writer(database_step(config, *database, context), schema);
  check_incremental(config, context);
  const auto begin = std::chrono::steady_clock::now();
  RestClient client(project, context.cancellation());
  RestLoad load = plan_rest_load(config, schema, project, RestDescription(client));
  check_resumed(load, context);
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
  const std::string what = cat("table ", config.text("table"), " (", config.text("write_mode"));
  if (inputs.empty() || !inputs.front().schema) {
    preview.writes.push_back(cat(what, "), over REST"));
    preview.notes.emplace_back("where the columns go is known once the source runs");
    return preview;
  }
  const Schema& schema = *inputs.front().schema;
  RestClient client(project, context.cancellation());
  const RestLoad load = plan_rest_load(config, schema, project, RestDescription(client));
  preview.writes.push_back(cat(what, load.makes_table ? ", makes it" : "", "), over REST"));
  preview.columns = column_moves(schema, load.match);
  preview.notes = notes_of(load, schema, project);
  return preview;
}

std::optional<LoadResult> find_load(const Config& config, Context& context) {
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project)) {
    const auto step = database_step(config, *database, context);
    return step->component().find_load(step->config(), step->context());
  }
  RestClient client(project, context.cancellation());
  if (!config.boolean("ledger") || !RestDescription(client).has_load_function()) return std::nullopt;
  return find_function_load(client, context.load_id());
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = open;
  component.preview = preview;
  component.find_load = find_load;
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
