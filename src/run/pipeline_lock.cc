#include "run/pipeline_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace osiris {

PipelineLock::PipelineLock(const fs::path& logs_root, const std::string& pipeline) {
  make_folders(logs_root);
  // A name may hold any character; its digest may stand in a path.
  const std::string name = fingerprint(pipeline).substr(7, 16);
  file_ = OutputFile(logs_root / cat(".lock_", name), O_CREAT | O_RDWR);
  if (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) == 0) return;
  throw Error(ErrorKind::kUser, "run.already_running",
              cat("the pipeline is running already: '", pipeline, "'"),
              "wait for it, or write concurrency: allow");
}

}  // namespace osiris
