#pragma once

#include <optional>
#include <string>
#include <vector>

namespace osiris::supabase {

/// One column of an order.
struct OrderTerm {
  std::string column;
  bool is_descending = false;
  bool has_nulls_first = false;
  bool is_nullable = true;  ///< false spares the words about null
};

/// A word of a step's `order`, "paid_at.desc.nullslast". As in PostgreSQL, nulls come last, and first where
/// the order descends, unless the word says it.
OrderTerm parse_order_term(std::string_view word);

/// "paid_at.desc.nullslast,id.asc", percent-encoded.
std::string rest_order(const std::vector<OrderTerm>& order);
/// `"paid_at" DESC NULLS LAST, "id" ASC` in PostgreSQL's words.
std::string sql_order(const std::vector<OrderTerm>& order);

/// A condition over REST, percent-encoded: the rows that come after the one with these values, null as
/// nothing. Requires: a value for each term, and a last term that is not nullable.
std::string rest_behind(const std::vector<OrderTerm>& order,
                        const std::vector<std::optional<std::string>>& values);

}  // namespace osiris::supabase
