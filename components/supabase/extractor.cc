#include "base/text.h"
#include "component/component.h"
#include "postgres/connection.h"
#include "postgres/source.h"
#include "supabase/database_road.h"
#include "supabase/rest_reader.h"

namespace osiris::supabase {

namespace {

constexpr std::string_view kNoKey =
    "the table has no primary key: pages are counted, and a row that is added or removed while they "
    "are read may be missed, or come twice";

/// The statement that reads the same as the REST interface would.
std::string statement_of(const Config& config, const ConnectionConfig& project) {
  std::vector<std::string> columns, conditions;
  for (const std::string& column : config.texts("columns")) columns.push_back(postgres::quoted_name(column));
  for (const Condition& condition : parse_filter(config.value("filter")))
    conditions.push_back(sql_condition(condition));
  std::vector<OrderTerm> order;
  for (const std::string& word : config.texts("order")) order.push_back(parse_order_term(word));
  return cat("SELECT ", columns.empty() ? "*" : join(columns, ", "), " FROM ",
             postgres::quoted_table(table_in(project, config.text("table"))),
             conditions.empty() ? "" : cat(" WHERE ", join(conditions, " AND ")),
             order.empty() ? "" : cat(" ORDER BY ", sql_order(order)));
}

Json database_config(const Config& config, const ConnectionConfig& project) {
  Json values = Json::object();
  if (const auto query = config.optional_text("query")) {
    values["query"] = *query;
  } else if (config.has("columns") || config.has("filter") || config.has("order")) {
    values["query"] = statement_of(config, project);
  } else {
    values["table"] = table_in(project, config.text("table"));
  }
  if (const auto timeout = config.optional_text("statement_timeout")) values["statement_timeout"] = *timeout;
  return values;
}

std::unique_ptr<DatabaseStep> database_step(const Config& config, const ConnectionConfig& database,
                                            Context& context) {
  return std::make_unique<DatabaseStep>("extractor", database_config(config, context.connection()), database,
                                        context);
}

/// What would be passed over beside a query.
void check_query(const Config& config) {
  if (!config.has("query")) return;
  for (const char* key : {"columns", "filter", "order"}) {
    if (!config.has(key)) continue;
    throw Error(ErrorKind::kUser, "config.invalid", cat("'", key, "' goes with 'table', not with 'query'"),
                "say it in the query");
  }
}

void require_table(const Config& config, const ConnectionConfig& project) {
  if (config.has("table")) return;
  throw Error(ErrorKind::kUser, "supabase.needs_database", "a query cannot be sent over REST",
              cat("give ", project.reference(), " a pg_dsn or db_password, or read a table"));
}

std::unique_ptr<Extractor> open(const Config& config, Context& context) {
  check_query(config);
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project))
    return open_extractor(database_step(config, *database, context));
  require_table(config, project);
  const auto begin = std::chrono::steady_clock::now();
  RestClient client(project, context.cancellation());
  RestRead read = plan_read(config, RestDescription(client));
  context.connection_opened("Supabase REST", std::chrono::duration_cast<std::chrono::microseconds>(
                                                 std::chrono::steady_clock::now() - begin));
  if (!read.has_key) context.warn("supabase.no_key", std::string(kNoKey), "give the table a primary key");
  return open_rest_reader(std::move(read), context);
}

Preview preview(const Config& config, Context& context) {
  check_query(config);
  const ConnectionConfig& project = context.connection();
  if (const auto database = database_of(project)) {
    const auto step = database_step(config, *database, context);
    return step->component().preview(step->config(), {}, step->context());
  }
  require_table(config, project);
  RestClient client(project, context.cancellation());
  const RestRead read = plan_read(config, RestDescription(client));
  Preview preview;
  preview.reads.push_back(cat("table ", read.table.name, ", over REST"));
  preview.schema = read.schema();
  if (!read.has_key) preview.notes.emplace_back(kNoKey);
  return preview;
}

}  // namespace

void describe_extractor(Component& component) {
  component.open_extractor = open;
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview(config, context);
  };
}

}  // namespace osiris::supabase
