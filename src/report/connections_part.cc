#include "report/parts.h"

#include "base/text.h"
#include "report/html.h"

namespace osiris {

std::string connections_part(const RunStory& story) {
  std::vector<std::vector<std::string>> rows;
  for (const ConnectionStory& connection : story.connections) {
    std::vector<std::string> fields;
    for (const auto& [name, value] : connection.fields.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      const std::string source = connection.sources.value(name, "");
      fields.push_back(
          cat("<code>", escaped(name), "</code> ", isolated(text),
              source.empty() ? "" : cat(" <span class=\"soft\">from ", isolated(source), "</span>")));
    }
    for (const auto& [name, source] : connection.sources.items()) {
      if (connection.fields.contains(name)) continue;
      fields.push_back(cat("<code>", escaped(name), "</code> *** <span class=\"soft\">from ",
                           isolated(source.is_string() ? source.get<std::string>() : source.dump()),
                           "</span>"));
    }
    rows.push_back({cat("<b>", escaped(connection.reference), "</b>"), join(fields, "<br>"),
                    isolated(connection.server),
                    connection.open_ms ? human_duration(*connection.open_ms) : ""});
  }
  return rows.empty() ? "<p class=\"soft\">No step used a connection.</p>"
                      : table({"Connection", "Fields", "Server", "Connected in"}, rows, {3});
}

}  // namespace osiris
