#include "engine/lineage.h"

#include <functional>
#include <optional>

namespace osiris {

namespace {

using Columns = std::vector<Origins>;

const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

/// Where an expression only refers to a column of the operator below.
Origins origins_of(const Json& expression, const Columns& below) {
  if (text_of(expression, "expression_class") != "BOUND_REF") return {};
  const auto index = member(expression, "index").get<std::size_t>();
  return index < below.size() ? below[index] : Origins{};
}

Columns columns_of(const Json& expressions, const Columns& below) {
  Columns columns;
  for (const Json& expression : expressions) columns.push_back(origins_of(expression, below));
  return columns;
}

Columns computed(std::size_t count) { return Columns(count); }

/// The columns that an operator lets through; an empty map lets all.
Columns mapped(const Columns& columns, const Json& map) {
  if (!map.is_array() || map.empty()) return columns;
  Columns kept;
  for (const Json& entry : map) {
    const auto index = entry.get<std::size_t>();
    kept.push_back(index < columns.size() ? columns[index] : Origins{});
  }
  return kept;
}

void append(Columns& columns, const Columns& more) {
  columns.insert(columns.end(), more.begin(), more.end());
}

Columns scanned(const Json& get) {
  Columns columns;
  for (const Json& column : member(get, "column_indexes")) {
    columns.push_back({Origin{text_of(get, "name"), member(column, "index").get<std::size_t>()}});
  }
  return mapped(columns, member(get, "projection_ids"));
}

/// Walks a plan from the leaves up. An operator that is not known makes the whole plan unknown, for the
/// positions above it would be guesses.
class Tracer {
 public:
  /// Nothing where the plan cannot be followed.
  std::optional<Columns> trace(const Json& node) {
    const std::string type = text_of(node, "type");
    if (type == "LOGICAL_GET")
      return member(node, "children").empty() ? std::optional(scanned(node)) : std::nullopt;
    if (type == "LOGICAL_CTE_REF") return referred(node);
    if (type == "LOGICAL_DELIM_GET" || type == "LOGICAL_CHUNK_GET") {
      return computed(member(node, "chunk_types").size());
    }
    if (type == "LOGICAL_EXPRESSION_GET") return computed(member(node, "expr_types").size());
    if (type == "LOGICAL_DUMMY_SCAN") return computed(1);
    if (type == "LOGICAL_EMPTY_RESULT") return computed(member(node, "return_types").size());
    if (type == "LOGICAL_MATERIALIZED_CTE") return with(node);
    return above(type, node);
  }

 private:
  std::optional<Columns> above(const std::string& type, const Json& node) {
    std::vector<Columns> below;
    for (const Json& child : member(node, "children")) {
      auto columns = trace(child);
      if (!columns) return std::nullopt;
      below.push_back(std::move(*columns));
    }
    if (below.size() == 1) return above_one(type, node, below[0]);
    if (below.size() == 2) return above_two(type, node, below[0], below[1]);
    return type == "LOGICAL_UNION" ? std::optional(united(below)) : std::nullopt;
  }

  static std::optional<Columns> above_one(const std::string& type, const Json& node, const Columns& below) {
    if (type == "LOGICAL_PROJECTION") return columns_of(member(node, "expressions"), below);
    if (type == "LOGICAL_FILTER" || type == "LOGICAL_ORDER_BY") {
      return mapped(below, member(node, type == "LOGICAL_FILTER" ? "projection_map" : "projections"));
    }
    if (type == "LOGICAL_LIMIT" || type == "LOGICAL_TOP_N" || type == "LOGICAL_DISTINCT" ||
        type == "LOGICAL_SAMPLE") {
      return below;
    }
    if (type == "LOGICAL_AGGREGATE_AND_GROUP_BY") {
      Columns columns = columns_of(member(node, "groups"), below);
      append(columns, computed(member(node, "expressions").size()));
      append(columns, computed(member(node, "grouping_functions").size()));
      return columns;
    }
    if (type == "LOGICAL_WINDOW" || type == "LOGICAL_UNNEST") {
      Columns columns = below;
      append(columns, computed(member(node, "expressions").size()));
      return columns;
    }
    return std::nullopt;
  }

  static std::optional<Columns> above_two(const std::string& type, const Json& node, const Columns& left,
                                          const Columns& right) {
    if (type == "LOGICAL_COMPARISON_JOIN" || type == "LOGICAL_DELIM_JOIN" || type == "LOGICAL_ANY_JOIN" ||
        type == "LOGICAL_ASOF_JOIN" || type == "LOGICAL_CROSS_PRODUCT" || type == "LOGICAL_POSITIONAL_JOIN") {
      return joined(node, left, right);
    }
    if (type == "LOGICAL_UNION") return united({left, right});
    if (type == "LOGICAL_EXCEPT" || type == "LOGICAL_INTERSECT") return left;
    if (type == "LOGICAL_RECURSIVE_CTE") return computed(left.size());
    return std::nullopt;
  }

  static Columns joined(const Json& node, const Columns& left, const Columns& right) {
    const std::string kind = text_of(node, "join_type");
    const Columns right_columns = mapped(right, member(node, "right_projection_map"));
    if (kind == "RIGHT_SEMI" || kind == "RIGHT_ANTI") return right_columns;
    Columns columns = mapped(left, member(node, "left_projection_map"));
    if (kind == "SEMI" || kind == "ANTI") return columns;
    append(columns, kind == "MARK" ? computed(1) : right_columns);
    return columns;
  }

  static Columns united(const std::vector<Columns>& sides) {
    Columns columns = sides.front();
    for (std::size_t index = 0; index < columns.size(); ++index) {
      for (auto side = sides.begin() + 1; side != sides.end(); ++side) {
        const Origins more = index < side->size() ? (*side)[index] : Origins{};
        if (more.empty()) columns[index].clear();
        if (!columns[index].empty()) columns[index].insert(columns[index].end(), more.begin(), more.end());
      }
    }
    return columns;
  }

  std::optional<Columns> with(const Json& node) {
    const Json& children = member(node, "children");
    if (children.size() != 2) return std::nullopt;
    auto definition = trace(children[0]);
    if (!definition) return std::nullopt;
    definitions_[member(node, "table_index").get<std::size_t>()] = std::move(*definition);
    return trace(children[1]);
  }

  /// A reference within a recursive definition comes before the definition is known: computed.
  Columns referred(const Json& node) const {
    const auto found = definitions_.find(member(node, "cte_index").get<std::size_t>());
    return found == definitions_.end() ? computed(member(node, "chunk_types").size()) : found->second;
  }

  std::map<std::size_t, Columns> definitions_;
};

}  // namespace

std::vector<Origins> trace_columns(const Json& plan) { return Tracer().trace(plan).value_or(Columns{}); }

std::map<std::string, int> count_scans(const Json& plan) {
  std::map<std::string, int> counts;
  const std::function<void(const Json&)> visit = [&](const Json& node) {
    if (text_of(node, "type") == "LOGICAL_GET") ++counts[text_of(node, "name")];
    for (const Json& child : member(node, "children")) visit(child);
  };
  visit(plan);
  return counts;
}

}  // namespace osiris
