#include "supabase/row_order.h"

#include "base/text.h"
#include "net/http_client.h"
#include "postgres/connection.h"
#include "supabase/rest_client.h"

namespace osiris::supabase {

namespace {

using Value = std::optional<std::string>;

bool take_end(std::string_view& word, std::string_view end) {
  if (!word.ends_with(end)) return false;
  word.remove_suffix(end.size());
  return true;
}

std::string equal_to(const OrderTerm& term, const Value& value) {
  return cat(column_word(term.column), value ? cat(".eq.", quoted_value(*value)) : ".is.null");
}

/// What comes after a value of one column, as conditions of which one must hold; behind the last nulls, none.
std::vector<std::string> after(const OrderTerm& term, const Value& value) {
  const std::string column = column_word(term.column);
  if (!value)
    return term.has_nulls_first ? std::vector{cat(column, ".not.is.null")} : std::vector<std::string>{};
  std::vector<std::string> cases{cat(column, term.is_descending ? ".lt." : ".gt.", quoted_value(*value))};
  if (term.is_nullable && !term.has_nulls_first) cases.push_back(cat(column, ".is.null"));
  return cases;
}

}  // namespace

OrderTerm parse_order_term(std::string_view word) {
  OrderTerm term;
  const bool says_first = take_end(word, ".nullsfirst");
  const bool says_last = !says_first && take_end(word, ".nullslast");
  term.is_descending = take_end(word, ".desc");
  if (!term.is_descending) take_end(word, ".asc");
  term.has_nulls_first = says_first || (term.is_descending && !says_last);
  term.column = word;
  return term;
}

std::string rest_order(const std::vector<OrderTerm>& order) {
  std::vector<std::string> words;
  for (const OrderTerm& term : order) {
    words.push_back(cat(column_word(term.column), term.is_descending ? ".desc" : ".asc",
                        !term.is_nullable      ? ""
                        : term.has_nulls_first ? ".nullsfirst"
                                               : ".nullslast"));
  }
  return join(words, ",");
}

std::string sql_order(const std::vector<OrderTerm>& order) {
  std::vector<std::string> words;
  for (const OrderTerm& term : order) {
    words.push_back(cat(postgres::quoted_name(term.column), term.is_descending ? " DESC" : " ASC",
                        term.has_nulls_first ? " NULLS FIRST" : " NULLS LAST"));
  }
  return join(words, ", ");
}

/// a > x, or a = x and b > y, or …
std::string rest_behind(const std::vector<OrderTerm>& order, const std::vector<Value>& values) {
  if (order.size() == 1) {
    return cat(column_word(order.front().column), order.front().is_descending ? "=lt." : "=gt.",
               url_encoded(values.front().value_or("")));
  }
  std::vector<std::string> cases, before;
  for (std::size_t term = 0; term < order.size(); ++term) {
    for (const std::string& last : after(order[term], values[term])) {
      std::vector<std::string> parts = before;
      parts.push_back(last);
      cases.push_back(parts.size() == 1 ? last : cat("and(", join(parts, ","), ")"));
    }
    before.push_back(equal_to(order[term], values[term]));
  }
  return cat("or=(", join(cases, ","), ")");
}

}  // namespace osiris::supabase
