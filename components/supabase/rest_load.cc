#include "supabase/rest_load.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "postgres/type_verdicts.h"

namespace osiris::supabase {

namespace {

/// The columns are PostgreSQL's, whichever way the rows come.
class DatabaseRules : public ColumnRules {
 public:
  TargetColumn column_for(const ColumnType& source, bool is_key) const override {
    return postgres::column_for(source, is_key);
  }
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override {
    return postgres::judge(source, target);
  }
};

[[noreturn]] void refuse_without_database(const ConnectionConfig& project, const std::string& what) {
  throw Error(ErrorKind::kUser, "supabase.needs_database", cat(what, " is not possible over REST"),
              cat("give ", project.reference(), " a pg_dsn or db_password"));
}

void check_options(const LoadOptions& options, const ConnectionConfig& project) {
  if (options.table.find('.') != std::string::npos) {
    throw Error(ErrorKind::kUser, "config.invalid",
                cat("over REST a table is named without its schema: '", options.table, "'"),
                cat("set schema of ", project.reference()));
  }
  if (!options.pre_sql.empty()) refuse_without_database(project, "pre_sql");
  if (!options.post_sql.empty()) refuse_without_database(project, "post_sql");
  if (options.chunk_rows > 0) refuse_without_database(project, "chunk_rows");
  if (options.delete_missing != DeleteMissing::kOff) refuse_without_database(project, "delete_missing");
}

void check_function(const RestLoad& load, const ConnectionConfig& project) {
  if (load.has_function) return;
  const bool adds_columns = std::ranges::any_of(load.match.columns, &MatchedColumn::is_added);
  if (!load.makes_table && !adds_columns) return;
  throw Error(
      ErrorKind::kUser, "supabase.needs_function",
      cat(load.makes_table ? "a table" : "a column", " cannot be made over REST alone: '", load.table.name,
          "'"),
      cat("run `osiris supabase install ", project.reference(), "`, or give it a pg_dsn or db_password"));
}

TargetTable target_of(const RestTable& table, const LoadOptions& options, const std::string& schema) {
  TargetTable target;
  target.name = cat(schema, ".", table.name);
  for (const RestTable::Column& column : table.columns) target.columns.push_back(column.target);
  // Of unique keys only the first one is told; the server knows whether there is another.
  target.unique_keys = {table.key(), options.primary_key};
  return target;
}

bool may_be_rounded(const ColumnType& source, const TargetColumn& target) {
  const bool has_fraction = source.type.id == TypeId::kDecimal || source.type.id == TypeId::kDouble ||
                            source.type.id == TypeId::kFloat || source.type.id == TypeId::kText;
  return has_fraction && target.declared == "numeric";
}

}  // namespace

RestLoad plan_rest_load(const Config& config, const Schema& schema, const ConnectionConfig& project,
                        const RestDescription& description) {
  RestLoad load{LoadOptions(config),
                static_cast<std::uint64_t>(config.integer("batch_rows")),
                static_cast<std::uint64_t>(config.integer("parallel_requests")),
                {},
                false,
                {},
                description.has_load_function()};
  check_options(load.options, project);
  const std::string database_schema = project.plain().text("schema");
  const DatabaseRules rules;
  if (const auto found = description.find_table(load.options.table)) {
    load.table = target_of(*found, load.options, database_schema);
  } else if (load.options.create_if_missing) {
    load.makes_table = true;
    TargetTable unmade;
    unmade.name = cat(database_schema, ".", load.options.table);
    load.table = new_table(std::move(unmade), schema, load.options, rules);
  } else {
    throw Error(ErrorKind::kUser, "load.missing_table",
                cat("the key sees no table of this name: '", load.options.table, "'"),
                "create it, grant it to the key's role, or set create_if_missing: true");
  }
  load.match = match_table(schema, load.table, load.options, rules);
  check_function(load, project);
  return load;
}

std::vector<std::string> notes_of(const RestLoad& load, const Schema& schema,
                                  const ConnectionConfig& project) {
  std::vector<std::string> notes;
  if (load.has_function) {
    notes.push_back(cat(to_string(load.options.mode),
                        ": readers see all changes at once; the rows wait in "
                        "_osiris_pieces until osiris_load() takes them"));
  } else {
    notes.push_back(
        cat("not atomic: each request is a transaction of its own, readers see rows as they come, and a load "
            "that fails leaves those that were sent; `osiris supabase install ",
            project.reference(), "` makes it one transaction, and so does a pg_dsn"));
  }
  std::vector<std::string> rounded;
  for (const MatchedColumn& matched : load.match.columns) {
    if (!load.makes_table && may_be_rounded(schema[matched.source], matched.target))
      rounded.push_back(matched.target.name);
  }
  if (!rounded.empty()) {
    notes.push_back(
        cat("over REST the scale of a numeric is not told; the server rounds to it: ", join(rounded, ", ")));
  }
  if (!load.match.ignored.empty()) {
    notes.push_back(
        cat("columns that the table does not have are dropped: ", join(load.match.ignored, ", ")));
  }
  return notes;
}

}  // namespace osiris::supabase
