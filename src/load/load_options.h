#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "component/config.h"

namespace osiris {

enum class WriteMode : std::uint8_t {
  kAppend,
  kReplace,   ///< readers see the old rows or the new rows; everything that hangs on the table stays
  kTruncate,  ///< the fastest way to the same rows, where readers may be disturbed
  kUpsert,
};
enum class SchemaPolicy : std::uint8_t { kFail, kAddColumns, kIgnoreExtra };
enum class DeleteMissing : std::uint8_t { kOff, kHard, kSoft };
enum class OnBadRow : std::uint8_t { kFail, kSkip, kQuarantine };

/// append, replace, truncate, upsert.
std::string_view to_string(WriteMode mode);

/// The config keys that every writer into a database has; their one explanation for users is
/// docs/loads.md.
struct LoadOptions {
  std::string table;  ///< "table" or "schema.table", as the user wrote it
  WriteMode mode = WriteMode::kAppend;
  std::vector<std::string> primary_key;
  bool create_if_missing = false;
  SchemaPolicy schema_policy = SchemaPolicy::kFail;
  std::vector<std::string> pre_sql, post_sql;
  DeleteMissing delete_missing = DeleteMissing::kOff;
  std::string deleted_at;  ///< column that delete_missing: soft sets
  OnBadRow on_bad_row = OnBadRow::kFail;
  std::uint64_t max_bad_rows = 0;  ///< 0: any number
  std::vector<std::string> allow_lossy;
  std::uint64_t chunk_rows = 0;  ///< rows a transaction; 0: the whole load in one
  bool has_ledger = true;

  explicit LoadOptions(const Config& config);
};

}  // namespace osiris
