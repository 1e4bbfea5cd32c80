#include "postgres/connection.h"
#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "supabase/database_road.h"
#include "supabase/load_function.h"
#include "supabase/rest_client.h"
#include "supabase/rest_table.h"

namespace osiris::supabase {

namespace {

std::string ping(const ConnectionConfig& project, Cancellation& cancellation) {
  if (const auto database = database_of(project)) return database_type().ping(*database, cancellation);
  RestClient client(project, cancellation);
  const RestDescription description(client);
  return description.has_load_function() ? "Supabase REST with osiris_load()" : "Supabase REST";
}

std::string look_at_table(const ConnectionConfig& project, const std::string& table,
                          Cancellation& cancellation) {
  if (const auto database = database_of(project))
    return database_type().look_at_table(*database, table_in(project, table), cancellation);
  RestClient client(project, cancellation);
  // A table that is not there, or is not granted, is refused here in the server's own words.
  const HttpResponse response =
      client.send({"GET", cat(url_encoded(table), "?select=*&limit=0"), {{"Prefer", "count=estimated"}}});
  const std::string range = response.header("content-range");
  const auto count = parse_integer(range.substr(range.rfind('/') + 1));
  return count ? cat("about ", counted(static_cast<std::uint64_t>(*count), "row")) : "can be read";
}

bool install(const ConnectionConfig& project, Cancellation& cancellation) {
  const auto database = database_of(project);
  if (!database) return false;
  postgres::Connection(*database, cancellation)
      .run(cat("BEGIN;\n", load_function_for(project.plain().text("schema")), "COMMIT"));
  return true;
}

}  // namespace

void describe_connection(ConnectionType& type) {
  type.ping = ping;
  type.look_at_table = look_at_table;
  type.installation = {
      "Install the function by which a load over REST is one transaction",
      [](const ConnectionConfig& project) { return load_function_for(project.plain().text("schema")); },
      install};
}

}  // namespace osiris::supabase
