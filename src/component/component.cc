#include "component/component.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

std::string print_mark(const Mark& mark) { return Json{{"cursor", mark.cursor}, {"keys", mark.keys}}.dump(); }

Mark parse_mark(std::string_view text) {
  const Json value = Json::parse(text, nullptr, false);
  const bool is_mark = value.is_object() && value.value("cursor", Json()).is_string() &&
                       value.value("keys", Json()).is_array();
  if (!is_mark) {
    throw Error(ErrorKind::kUser, "state.malformed", cat("a kept mark cannot be read: '", text, "'"),
                "osiris state reset forgets it");
  }
  Mark mark{value["cursor"].get<std::string>(), {}};
  for (const Json& key : value["keys"])
    mark.keys.push_back(key.is_string() ? key.get<std::string>() : key.dump());
  return mark;
}

}  // namespace osiris
