#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "component/component.h"
#include "filesystem/row_formatter.h"

namespace osiris::filesystem {

/// What a writer of text files writes.
struct TextFormat {
  std::string extension;  ///< ".csv"
  bool has_header = false;
  std::string_view newline = "\n";
  /// One for each file; the schema outlives it.
  std::function<std::unique_ptr<RowFormatter>(const Schema&)> make_formatter;
  /// Throws where rows of this schema cannot follow what is in the file.
  std::function<void(const std::filesystem::path&, const Schema&)> check_append = {};
};

/// Writes rows into one file, or one for each value of `partition_by`. Reads the keys `path`, `write_mode`,
/// `encoding`, `compression`, `create_dirs`, `chunk_size`, `partition_by`.
std::unique_ptr<Writer> open_text_writer(const Config& config, const Schema& schema, TextFormat format,
                                         Context& context);

/// Tells what would be written, and makes neither a folder nor a file.
Preview preview_text_writer(const Config& config, const TextFormat& format, Context& context);

/// Where the config says that the file, or the folder of partitions, is; "-" is the standard output.
std::filesystem::path output_path(const Config& config, std::string_view default_name, Context& context);

}  // namespace osiris::filesystem
