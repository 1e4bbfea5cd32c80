#pragma once

#include "component/config.h"
#include "format/csv.h"

namespace osiris::filesystem {

/// The keys `delimiter` and `quote`. Errors: kUser "config.invalid".
CsvDialect csv_dialect(const Config& config);

}  // namespace osiris::filesystem
