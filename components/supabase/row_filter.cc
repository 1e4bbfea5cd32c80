#include "supabase/row_filter.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "net/http_client.h"
#include "postgres/connection.h"
#include "supabase/rest_client.h"

namespace osiris::supabase {

namespace {

struct Operation {
  std::string_view name, sql;
};
/// Source: PostgREST documentation, Tables and Views, Operators.
constexpr std::array kOperations{
    Operation{"eq", "="},  Operation{"neq", "<>"}, Operation{"gt", ">"},      Operation{"gte", ">="},
    Operation{"lt", "<"},  Operation{"lte", "<="}, Operation{"like", "LIKE"}, Operation{"ilike", "ILIKE"},
    Operation{"is", "IS"}, Operation{"in", "IN"}};
constexpr std::array<std::string_view, 4> kIsWords = {"null", "true", "false", "unknown"};

[[noreturn]] void refuse(const std::string& column, const std::string& text) {
  std::vector<std::string> names;
  for (const Operation& operation : kOperations) names.emplace_back(operation.name);
  throw Error(ErrorKind::kUser, "supabase.filter",
              cat("the filter of '", column, "' is no condition: '", text, "'"),
              cat("write operator.value; the operators are ", join(names, ", "), ", each also behind not."));
}

Condition parse_condition(const std::string& column, const std::string& text) {
  Condition condition{column, "", text};
  std::string_view rest = text;
  if (rest.starts_with("not.")) {
    condition.is_negated = true;
    rest.remove_prefix(4);
  }
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) refuse(column, text);
  condition.operation = rest.substr(0, dot);
  condition.value = rest.substr(dot + 1);
  if (std::ranges::find(kOperations, condition.operation, &Operation::name) == kOperations.end())
    refuse(column, text);
  const bool is_word = std::ranges::find(kIsWords, to_lower(condition.value)) != kIsWords.end();
  if (condition.operation == "is" && !is_word) refuse(column, text);
  const bool is_list = condition.value.starts_with('(') && condition.value.ends_with(')');
  if (condition.operation == "in" && !is_list) refuse(column, text);
  return condition;
}

/// A text as a literal; standard strings are what every session of ours is set to.
std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted += '\'';
}

/// The values of `(a,"b,c")` as literals.
std::vector<std::string> literals_of(std::string_view list) {
  std::vector<std::string> literals;
  std::string value;
  bool is_quoted = false;
  list = list.substr(1, list.size() - 2);
  for (std::size_t at = 0; at < list.size(); ++at) {
    const char c = list[at];
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == '\\' && is_quoted && at + 1 < list.size()) {
      value += list[++at];
    } else if (c == ',' && !is_quoted) {
      literals.push_back(literal(value));
      value.clear();
    } else {
      value += c;
    }
  }
  literals.push_back(literal(value));
  return literals;
}

std::string operand(const Condition& condition) {
  if (condition.operation == "is") return condition.value;
  if (condition.operation == "in") return cat("(", join(literals_of(condition.value), ", "), ")");
  std::string text = condition.value;
  // PostgREST's own word for %, which would have to be encoded in a URL.
  if (condition.operation.ends_with("like")) std::ranges::replace(text, '*', '%');
  return literal(text);
}

}  // namespace

std::vector<Condition> parse_filter(const Json& filter) {
  std::vector<Condition> conditions;
  if (!filter.is_object()) return conditions;
  for (const auto& [column, text] : filter.items()) {
    conditions.push_back(parse_condition(column, text.is_string() ? text.get<std::string>() : text.dump()));
  }
  return conditions;
}

std::string rest_condition(const Condition& condition) {
  return cat(column_word(condition.column), "=", condition.is_negated ? "not." : "", condition.operation, ".",
             url_encoded(condition.value));
}

std::string sql_condition(const Condition& condition) {
  const auto found = std::ranges::find(kOperations, condition.operation, &Operation::name);
  const std::string positive =
      cat(postgres::quoted_name(condition.column), " ", found->sql, " ", operand(condition));
  return condition.is_negated ? cat("NOT (", positive, ")") : positive;
}

}  // namespace osiris::supabase
