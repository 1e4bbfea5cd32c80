#pragma once

#include <string>

#include "base/file_system.h"

namespace osiris {

/// Held while a pipeline with `concurrency: forbid` runs, in this logs folder; the system lets go of it
/// when the process ends, however it ends.
class PipelineLock {
 public:
  /// Errors: kUser "run.already_running".
  PipelineLock(const fs::path& logs_root, const std::string& pipeline);

 private:
  OutputFile file_;
};

}  // namespace osiris
