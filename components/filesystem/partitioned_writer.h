#pragma once

#include <memory>

#include "filesystem/text_writer.h"

namespace osiris::filesystem {

/// Files of a folder that the session keeps a link to; of more, it would take longer than to write them.
constexpr std::size_t kMostKeptFiles = 1000;

/// Where the columns of `partition_by` stand in a schema. Errors: kUser "config.invalid".
std::vector<std::size_t> partition_columns(const Config& config, const Schema& schema,
                                           const std::filesystem::path& path);

/// Writes one file for each value of `partition_by`, `<column>=<value>/data.csv` below the path, and of
/// several columns one below the other. At most kMostOpenFiles are open; the others are added to when their
/// value comes again. Errors: kUser "config.invalid"; kData "file.name_too_long".
std::unique_ptr<Writer> open_partitioned_writer(const Config& config, const Schema& schema, TextFormat format,
                                                Context& context);

/// Tells what folder would be written, and makes none.
Preview preview_partitions(const Config& config, Context& context);

}  // namespace osiris::filesystem
