#pragma once

#include "sandbox/envd_settings.h"
#include "sandbox/http_exchange.h"

namespace osiris::sandbox {

/// GET /files?path=: the bytes of a file, or those that Range asks for.
/// Errors: kUser "sandbox.not_found", "sandbox.invalid_argument", "sandbox.permission_denied".
void download_file(HttpExchange& exchange, const EnvdSettings& settings);

/// POST /files: a form whose parts named "file" are written, to `path` or to what each part's file name says,
/// or the bytes of the file at `path`. Folders are made, a file that is there is written over in its place.
/// Errors: kUser "sandbox.invalid_argument", "http.bad_request"; kData "file.disk_full"; as OutputFile.
void upload_files(HttpExchange& exchange, const EnvdSettings& settings);

/// POST /files/compose: puts files together, one after the other, and removes them.
/// Errors: as upload_files(); kUser "sandbox.not_found".
void compose_files(HttpExchange& exchange, const EnvdSettings& settings);

}  // namespace osiris::sandbox
