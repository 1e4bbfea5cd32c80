// Private to src/engine.
#pragma once

#include <exception>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "engine/api.h"

namespace osiris {

/// Keeps what a callback threw while the engine unwinds by its own means. Thread-safe.
class Failure {
 public:
  /// Runs work on behalf of the C API. What it throws is kept, the first one of several, and told to the
  /// engine by `report`; nothing is thrown through its frames.
  template <typename Work, typename Report>
  void guard(Work&& work, Report&& report) noexcept {
    try {
      work();
    } catch (...) {
      keep(std::current_exception());
      report("an input failed");
    }
  }

  /// Throws what a callback threw, unchanged; returns when none did.
  void rethrow();

 private:
  void keep(std::exception_ptr thrown);

  std::mutex mutex_;
  std::exception_ptr first_;
};

/// The error for what the engine says of a statement that ran. The type decides; the text follows a colon.
Error engine_error(duckdb_error_type type, std::string_view text);

/// Whether the engine's text ends with the system's own for a full disk. It has no type for that: a COMMIT
/// that finds no room is an error of the transaction to it.
bool is_disk_full(std::string_view text);

/// The error for a database's file that cannot be opened; `text` is the engine's own.
Error file_refusal(const std::filesystem::path& file, bool is_for_writing, const std::string& text);

/// The error for a statement that the engine does not accept. `type` is its word for the error's type, as
/// json_serialize_plan() gives it; empty when unknown.
Error rejection(std::string_view type, std::string_view text);

}  // namespace osiris
