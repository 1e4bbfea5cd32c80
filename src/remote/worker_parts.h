#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "format/compression.h"

namespace osiris::remote {

/// A file of this program that goes into sandboxes: known by its content, packed once for each content.
///
/// What was computed of it is kept in the user's cache for the next run, where there can be one.
class WorkerPart {
 public:
  /// `compression`: kGzip, for the sandbox to unpack; kZstd, for the worker.
  /// `cache`: where to keep what was computed; empty: nowhere. Errors: kUser "file.unreadable".
  WorkerPart(const fs::path& file, Compression compression, fs::path cache);

  const fs::path& file() const { return file_; }
  /// 64 hex digits, of the file as it is here.
  const std::string& digest() const { return digest_; }
  std::string packed() const;

 private:
  std::string kept_digest() const;

  fs::path file_;
  Compression compression_;
  fs::path cache_;
  std::string digest_;
};

/// The program, and the library of the SQL engine.
struct WorkerParts {
  WorkerPart program;
  std::optional<WorkerPart> engine;

  /// Of the program that runs; the engine's where it is wanted and there is one.
  static WorkerParts find(bool wants_engine);
  /// What tells this program from others in names: 12 hex digits.
  std::string short_digest() const { return program.digest().substr(0, 12); }
};

}  // namespace osiris::remote
