#include "load/table_match.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

std::string quoted_names(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(cat("'", name, "'"));
  return join(quoted, ", ");
}

std::string columns_text(const std::vector<std::string>& names) {
  return cat(names.size() == 1 ? "the column " : "the columns ", quoted_names(names));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Matcher {
 public:
  Matcher(const Schema& schema, const TargetTable& table, const LoadOptions& options,
          const ColumnRules& rules)
      : schema_(schema), table_(table), options_(options), rules_(rules) {}

  TableMatch match() {
    for (std::size_t index = 0; index < schema_.size(); ++index) place(index);
    refuse_unknown_columns();
    refuse_missing_columns();
    check_option_columns();
    refuse_lossy_columns();
    check_key();
    check_table();
    return std::move(match_);
  }

 private:
  [[noreturn]] static void refuse(const std::string& code, const std::string& message,
                                  const std::string& hint) {
    throw Error(ErrorKind::kUser, code, message, hint);
  }

  void place(std::size_t index) {
    const ColumnType& source = schema_[index];
    const TargetColumn* column = table_.find(source.name);
    if (column != nullptr && is_matched(column->name)) {
      refuse("load.duplicate_column",
             cat("two columns of the rows go into the column '", column->name, "' of ", table_.name),
             "give one of them another name in the query");
    }
    if (column != nullptr && column->is_generated) {
      refuse("load.generated_column",
             cat("the database computes the column '", column->name, "' of ", table_.name, " itself"),
             "leave it out of the rows");
    }
    if (column != nullptr) {
      match_.columns.push_back({index, *column, rules_.judge(source, *column), false});
    } else if (options_.schema_policy == SchemaPolicy::kAddColumns) {
      TargetColumn added = rules_.column_for(source, contains(options_.primary_key, source.name));
      added.is_nullable = true;  // the rows that are there have no value
      match_.columns.push_back({index, added, rules_.judge(source, added), true});
    } else if (options_.schema_policy == SchemaPolicy::kIgnoreExtra) {
      match_.ignored.push_back(source.name);
    } else {
      unknown_.push_back(source.name);
    }
  }

  void refuse_unknown_columns() const {
    if (unknown_.empty()) return;
    std::vector<std::string> known;
    for (const TargetColumn& column : table_.columns) known.push_back(column.name);
    const std::string near = suggestion(unknown_.front(), known);
    refuse(
        "load.unknown_column", cat("the table ", table_.name, " does not have ", columns_text(unknown_)),
        cat(near, near.empty() ? "" : " ", "schema_policy: add_columns makes them, ignore_extra drops them"));
  }

  bool is_matched(const std::string& column) const {
    return std::any_of(match_.columns.begin(), match_.columns.end(),
                       [&](const MatchedColumn& matched) { return matched.target.name == column; });
  }

  void refuse_missing_columns() const {
    std::vector<std::string> missing;
    for (const TargetColumn& column : table_.columns) {
      const bool needs_value = !column.is_nullable && !column.has_default && !column.is_generated;
      if (needs_value && !is_matched(column.name)) missing.push_back(column.name);
    }
    if (missing.empty()) return;
    refuse("load.required_column",
           cat("the rows lack ", columns_text(missing), ", which ", table_.name, " requires"),
           "select it in the source, or give the column a default");
  }

  const TargetColumn* matched_target(const std::string& name) const {
    for (const MatchedColumn& matched : match_.columns) {
      if (schema_[matched.source].name == name || matched.target.name == name) return &matched.target;
    }
    return nullptr;
  }

  void check_option_columns() {
    for (const auto& [key, names] :
         {std::pair("allow_lossy", &options_.allow_lossy), std::pair("primary_key", &options_.primary_key)}) {
      for (const std::string& name : *names) {
        if (matched_target(name) != nullptr) continue;
        std::vector<std::string> known;
        for (const MatchedColumn& matched : match_.columns) known.push_back(matched.target.name);
        refuse("load.unknown_option_column", cat(key, " names no column of the rows: '", name, "'"),
               suggestion(name, known));
      }
    }
    if (options_.delete_missing != DeleteMissing::kSoft || table_.find(options_.deleted_at) != nullptr)
      return;
    if (options_.schema_policy == SchemaPolicy::kAddColumns) {
      match_.marker = deleted_at_column(options_, rules_);
      return;
    }
    refuse("load.unknown_option_column",
           cat("delete_missing: soft needs a column for the time of deletion, which ", table_.name,
               " does not have: '", options_.deleted_at, "'"),
           "add it, name another in deleted_at, or set schema_policy: add_columns");
  }

  void refuse_lossy_columns() const {
    std::vector<std::string> lossy, names;
    for (const MatchedColumn& matched : match_.columns) {
      const std::string& name = schema_[matched.source].name;
      if (matched.judgement.verdict != Verdict::kLossy || contains(options_.allow_lossy, name)) continue;
      names.push_back(name);
      lossy.push_back(
          cat("'", name, "' into ", matched.target.declared, " (", matched.judgement.reason, ")"));
    }
    if (lossy.empty()) return;
    refuse(
        "load.lossy", cat("values would not arrive as they are: ", join(lossy, "; ")),
        cat("convert them in the source, change the table, or write allow_lossy: [", join(names, ", "), "]"));
  }

  void check_key() const {
    if (options_.mode != WriteMode::kUpsert) return;
    std::vector<std::string> key;
    for (const std::string& name : options_.primary_key) key.push_back(matched_target(name)->name);
    std::sort(key.begin(), key.end());
    for (std::vector<std::string> unique : table_.unique_keys) {
      std::sort(unique.begin(), unique.end());
      if (unique == key) return;
    }
    refuse("load.no_unique_key",
           cat(table_.name, " has no unique key over exactly ", columns_text(options_.primary_key)),
           cat("CREATE UNIQUE INDEX ON ", table_.name, " (", join(options_.primary_key, ", "),
               "), or name the columns of the key that it has"));
  }

  void check_table() const {
    const bool deletes = options_.mode == WriteMode::kReplace || options_.mode == WriteMode::kTruncate ||
                         options_.delete_missing == DeleteMissing::kHard;
    if (deletes && !table_.cascades.empty()) {
      refuse("load.cascades",
             cat("deleting rows of ", table_.name,
                 " would change rows of other tables: ", join(table_.cascades, ", ")),
             "use write_mode: upsert, with delete_missing: soft where rows have to go");
    }
    if (options_.mode != WriteMode::kTruncate && !table_.transaction_obstacle.empty()) {
      refuse("load.not_transactional",
             cat("a load into ", table_.name, " could not be undone: ", table_.transaction_obstacle),
             "change the table's engine, or use write_mode: truncate, which is not atomic");
    }
  }

  const Schema& schema_;
  const TargetTable& table_;
  const LoadOptions& options_;
  const ColumnRules& rules_;
  std::vector<std::string> unknown_;
  TableMatch match_;
};

}  // namespace

TargetColumn deleted_at_column(const LoadOptions& options, const ColumnRules& rules) {
  ColumnType type;
  type.name = options.deleted_at;
  type.type.id = TypeId::kTimestampTz;
  return rules.column_for(type, false);
}

TableMatch match_table(const Schema& schema, const TargetTable& table, const LoadOptions& options,
                       const ColumnRules& rules) {
  return Matcher(schema, table, options, rules).match();
}

std::vector<ColumnMove> column_moves(const Schema& schema, const TableMatch& match) {
  std::vector<ColumnMove> moves;
  for (const MatchedColumn& matched : match.columns) {
    const ColumnType& source = schema[matched.source];
    moves.push_back({source.name, source.source_type.empty() ? to_string(source.type) : source.source_type,
                     matched.target.declared, matched.judgement.verdict, matched.judgement.reason});
  }
  return moves;
}

TargetTable new_table(TargetTable unmade, const Schema& schema, const LoadOptions& options,
                      const ColumnRules& rules) {
  TargetTable table = std::move(unmade);
  for (const ColumnType& source : schema) {
    const bool is_key = contains(options.primary_key, source.name);
    table.columns.push_back(rules.column_for(source, is_key));
    if (is_key) table.columns.back().is_nullable = false;
  }
  if (options.delete_missing == DeleteMissing::kSoft && table.find(options.deleted_at) == nullptr)
    table.columns.push_back(deleted_at_column(options, rules));
  if (!options.primary_key.empty()) table.unique_keys.push_back(options.primary_key);
  return table;
}

}  // namespace osiris
