#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "supabase/database_road.h"
#include "supabase/rest_client.h"

namespace osiris::supabase {

namespace {

std::string ping(const ConnectionConfig& project, Cancellation& cancellation) {
  if (const auto database = database_of(project)) return ping_database(*database, cancellation);
  if (project.secret("key").empty()) {
    throw Error(ErrorKind::kUser, "connection.invalid", cat("key of ", project.reference(), " is missing"),
                "copy a secret or service_role key from the dashboard; or give pg_dsn");
  }
  RestClient client(project, cancellation);
  client.send({"GET", "", {{"Accept", "application/openapi+json"}}});
  return "Supabase REST";
}

}  // namespace

void describe_connection(ConnectionType& type) { type.ping = ping; }

}  // namespace osiris::supabase
