#pragma once

#include <map>
#include <string>

#include "sandbox/http_head.h"

namespace osiris::sandbox {

/// What a peer attaches to a file; keys in lower case.
using FileMetadata = std::map<std::string, std::string>;

/// The X-Metadata-* headers of a request.
/// Errors: kUser "sandbox.invalid_argument" where they have more than 4,096 bytes.
FileMetadata metadata_of(const HttpHead& head);

/// Replaces what an open file has; false where its file system keeps none.
bool store_metadata(int file, const FileMetadata& metadata);
/// What the file at a path has; of a link, what its target has.
FileMetadata stored_metadata(const std::string& path);

}  // namespace osiris::sandbox
