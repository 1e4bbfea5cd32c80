#pragma once

#include "base/json.h"
#include "sandbox/call_message.h"
#include "sandbox/envd_settings.h"

namespace osiris::sandbox {

// The calls of filesystem.Filesystem that are done when they are answered.
// Errors: kUser "sandbox.not_found", "sandbox.invalid_argument", "sandbox.already_exists",
//         "sandbox.permission_denied"; kData "file.disk_full".

Json stat_path(const CallMessage& request, const EnvdSettings& settings);
/// What is in a folder, and `depth` levels below; links are not followed. Sorted by path.
Json list_folder(const CallMessage& request, const EnvdSettings& settings);
Json make_folder(const CallMessage& request, const EnvdSettings& settings);
/// Renames; folders of the new name are made, what is there is replaced.
Json move_path(const CallMessage& request, const EnvdSettings& settings);
/// With all that is in it. What is not there is removed already.
Json remove_path(const CallMessage& request, const EnvdSettings& settings);

}  // namespace osiris::sandbox
