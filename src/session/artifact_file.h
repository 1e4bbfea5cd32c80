#pragma once

#include "base/file_system.h"

/// How a delivered file is kept a second time without a second copy of its bytes.
namespace osiris {

enum class Keeping {
  kLink,      ///< a hard link where the file system can, for a file that nobody writes into again
  kSnapshot,  ///< never a hard link: the file will be written into
};

/// Keeps `target` in `folder` as output<extension>, or output_2<extension> and so on where that is taken.
/// Tries a hard link, then a reflink, then a copy; the name appears with the whole content or not at all.
/// Errors: kUser "file.unreadable", "file.unwritable"; kData "file.disk_full".
fs::path keep_file(const fs::path& target, const fs::path& folder, Keeping keeping);
/// The way back: puts what was kept where the user wants it, in the place of what is there.
/// Errors: as above.
void deliver_file(const fs::path& kept, const fs::path& target, Keeping keeping);

}  // namespace osiris
