#pragma once

#include <memory>

#include "filesystem/text_writer.h"

namespace osiris::filesystem {

/// Writes one file for each value of `partition_by`, `<column>=<value>/data.csv` below the path, and of
/// several columns one below the other. At most kMostOpenFiles are open; the others are added to when their
/// value comes again. Errors: kUser "config.invalid"; kData "file.name_too_long".
std::unique_ptr<Writer> open_partitioned_writer(const Config& config, const Schema& schema, TextFormat format,
                                                Context& context);

}  // namespace osiris::filesystem
