#include "load/load_options.h"

#include "base/error.h"

namespace osiris {

namespace {

WriteMode parse_mode(const std::string& word) {
  if (word == "replace" || word == "overwrite") return WriteMode::kReplace;
  if (word == "truncate") return WriteMode::kTruncate;
  return word == "upsert" ? WriteMode::kUpsert : WriteMode::kAppend;
}

SchemaPolicy parse_schema_policy(const std::string& word) {
  if (word == "add_columns") return SchemaPolicy::kAddColumns;
  return word == "ignore_extra" ? SchemaPolicy::kIgnoreExtra : SchemaPolicy::kFail;
}

DeleteMissing parse_delete_missing(const std::string& word) {
  if (word == "hard") return DeleteMissing::kHard;
  return word == "soft" ? DeleteMissing::kSoft : DeleteMissing::kOff;
}

OnBadRow parse_on_bad_row(const std::string& word) {
  if (word == "skip") return OnBadRow::kSkip;
  return word == "quarantine" ? OnBadRow::kQuarantine : OnBadRow::kFail;
}

std::uint64_t count(const Config& config, std::string_view key) {
  return config.has(key) ? static_cast<std::uint64_t>(config.integer(key)) : 0;
}

}  // namespace

std::string_view to_string(WriteMode mode) {
  switch (mode) {
    case WriteMode::kAppend:
      return "append";
    case WriteMode::kReplace:
      return "replace";
    case WriteMode::kTruncate:
      return "truncate";
    case WriteMode::kUpsert:
      return "upsert";
  }
  return {};
}

LoadOptions::LoadOptions(const Config& config)
    : table(config.text("table")),
      mode(parse_mode(config.text("write_mode"))),
      primary_key(config.texts("primary_key")),
      create_if_missing(config.boolean("create_if_missing")),
      schema_policy(parse_schema_policy(config.text("schema_policy"))),
      pre_sql(config.texts("pre_sql")),
      post_sql(config.texts("post_sql")),
      delete_missing(parse_delete_missing(config.text("delete_missing"))),
      deleted_at(config.text("deleted_at")),
      on_bad_row(parse_on_bad_row(config.text("on_bad_row"))),
      max_bad_rows(count(config, "max_bad_rows")),
      allow_lossy(config.texts("allow_lossy")),
      chunk_rows(count(config, "chunk_rows")),
      has_ledger(config.boolean("ledger")) {}

}  // namespace osiris
