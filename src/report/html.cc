#include "report/html.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

/// The name of a character that turns the direction of what follows, and of nothing else; empty for others.
/// Source: Unicode Standard Annex 9, table 4.
std::string_view turning_character(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTurning{{{"\u202A", "U+202A"},
                                                                                   {"\u202B", "U+202B"},
                                                                                   {"\u202C", "U+202C"},
                                                                                   {"\u202D", "U+202D"},
                                                                                   {"\u202E", "U+202E"},
                                                                                   {"\u2066", "U+2066"},
                                                                                   {"\u2067", "U+2067"},
                                                                                   {"\u2068", "U+2068"},
                                                                                   {"\u2069", "U+2069"}}};
  for (const auto& [character, name] : kTurning) {
    if (text.starts_with(character)) return name;
  }
  return {};
}

}  // namespace

std::string escaped(std::string_view text) {
  constexpr std::size_t kTurningBytes = 3;
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (const char c = text[at]) {
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
        out += "\uFFFD";
        break;
      case '\xE2':
        if (const auto name = turning_character(text.substr(at)); !name.empty()) {
          out += cat("[", name, "]");
          at += kTurningBytes - 1;
          break;
        }
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

std::string isolated(std::string_view text) { return cat("<bdi>", escaped(text), "</bdi>"); }

std::string status_word(SessionStatus status) {
  return cat("<span class=\"status ", to_string(status), "\">", to_string(status), "</span>");
}

/// `numbers`: the columns that are set to the right.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& numbers) {
  const auto kind = [&](std::size_t column) {
    return std::ranges::find(numbers, column) == numbers.end() ? "" : " class=\"right\"";
  };
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (std::size_t column = 0; column < header.size(); ++column)
    out += cat("<th scope=\"col\"", kind(column), ">", header[column], "</th>");
  out += "</tr></thead><tbody>";
  for (const auto& cells : rows) {
    out += "<tr>";
    for (std::size_t column = 0; column < cells.size(); ++column)
      out += cat("<td", kind(column), ">", cells[column], "</td>");
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  if (body.empty()) return {};
  return cat("<section id=\"", id, "\" aria-labelledby=\"", id, "-title\"><h2 id=\"", id, "-title\">", title,
             "</h2>", body, "</section>");
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
