#pragma once

#include "component/config.h"
#include "format/csv.h"

namespace osiris::filesystem {

/// The keys `delimiter` and `quote`. Errors: kUser "config.invalid".
CsvDialect csv_dialect(const Config& config);
/// The same and `comment`, where there is one.
CsvDialect csv_dialect_with_comments(const Config& config);

}  // namespace osiris::filesystem
