#include "report/html.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        out += "\xEF\xBF\xBD";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_json(const Json& value) {
  constexpr bool kOnlyAscii = true;
  const std::string text = value.dump(-1, ' ', kOnlyAscii, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string filled(std::string_view page, const Json& values) {
  std::string out;
  for (;;) {
    const std::size_t begin = page.find("{{");
    out += page.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = page.find("}}", begin);
    invariant(end != std::string_view::npos, "a name of a template has an end");
    const std::string name(page.substr(begin + 2, end - begin - 2));
    invariant(values.contains(name), "every name of a template has a value");
    out += values[name].get_ref<const std::string&>();
    page.remove_prefix(end + 2);
  }
}

}  // namespace osiris
