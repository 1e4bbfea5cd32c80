#include "supabase/load_function.h"

#include "postgres/connection.h"

namespace osiris::supabase {

namespace {

void replace_all(std::string& text, std::string_view word, const std::string& by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted += '\'';
}

}  // namespace

std::string load_function_for(const std::string& schema) {
  std::string text(load_function_text());
  replace_all(text, ":'schema'", literal(schema));
  replace_all(text, ":schema", postgres::quoted_name(schema));
  return text;
}

}  // namespace osiris::supabase
