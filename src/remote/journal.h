#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/json.h"

namespace osiris::remote {

/// The file in the worker's project folder.
inline constexpr const char* kJournalFile = "journal.jsonl";

/// Writes numbered lines into a file, and the same lines to a pipe as long as somebody reads it: what the
/// pipe does not take at once is not said there. Thread-safe.
class JournalWriter {
 public:
  /// Errors: kUser "file.unwritable".
  JournalWriter(const fs::path& path, int pipe);
  /// {"seq":N,"<kind>":<json>}. Errors: kData "file.disk_full".
  void put(std::string_view kind, std::string_view json);

 private:
  void say(std::string_view line);

  std::mutex mutex_;
  OutputFile file_;
  int pipe_;
  std::string rest_;  ///< of a line that the pipe took in part
  std::uint64_t next_ = 0;
};

/// Takes the lines in their order, once each, whether they come by the stream or out of the file.
class JournalReader {
 public:
  using Take = std::function<void(const Json& record)>;

  explicit JournalReader(Take take) : take_(std::move(take)) {}

  /// Bytes of the stream, cut anywhere. A line that is none, or that came before, is passed over.
  void hear(std::string_view bytes);
  /// Bytes of the file from offset() on.
  void read(std::string_view bytes);
  /// The stream begins anew, maybe in the middle of a line.
  void begin_stream() { heard_.clear(); }

  /// Whether the stream told a line that is not the next one: the file has what is missing.
  bool has_gap() const { return has_gap_; }
  /// How many bytes of the file's beginning are known.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t next_sequence() const { return next_; }

 private:
  void take_lines(std::string& text, bool is_of_file);

  Take take_;
  std::string heard_, read_;
  std::uint64_t next_ = 0, offset_ = 0;
  bool has_gap_ = false;
};

}  // namespace osiris::remote
