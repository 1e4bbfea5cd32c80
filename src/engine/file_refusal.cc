#include <cerrno>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/failure.h"

namespace osiris {

namespace {

/// The process that holds a lock of a file; empty where none does. Asked of the system's list and not of the
/// file: whoever opens and closes a file gives up all locks that his own process has of it. Source: proc(5),
/// /proc/locks.
std::string holder_of(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return {};
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(2) << major(status.st_dev) << ':' << std::setw(2)
       << minor(status.st_dev) << ':' << std::dec << status.st_ino;
  const std::string wanted = text.str();
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // "1: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
    std::istringstream words(line);
    std::string number, kind, strength, mode, process, place;
    words >> number >> kind >> strength >> mode >> process >> place;
    if (place == wanted) return process;
  }
  return {};
}

/// Whether the file begins as a database's does: a checksum of eight bytes, then the engine's name in
/// capitals.
bool is_database(const std::filesystem::path& file) {
  constexpr std::size_t kChecksumBytes = 8;
  std::string head(kChecksumBytes + 4, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.substr(kChecksumBytes) == "DUCK";
}

}  // namespace

bool is_disk_full(std::string_view text) {
  return text.find(std::generic_category().message(ENOSPC)) != std::string_view::npos;
}

Error file_refusal(const std::filesystem::path& file, bool is_for_writing, const std::string& text) {
  std::error_code ignored;
  const std::string shown = cat("'", file.string(), "'");
  const std::string process = holder_of(file);
  if (process == std::to_string(getpid())) {
    return {ErrorKind::kUser, "query.locked",
            cat("another step of this run has the database file open: ", shown),
            "read and write one file in runs of their own, or write to another file"};
  }
  if (!process.empty()) {
    return Error(ErrorKind::kUser, "query.locked",
                 cat("the database file is open in another process, ", process, ": ", shown),
                 "one process at a time may write it; run again when the other one is done")
        .retryable();
  }
  if (!std::filesystem::exists(file, ignored) && !is_for_writing) {
    return {ErrorKind::kUser, "connection.unknown_database", cat("the database file is not there: ", shown),
            "check path of the connection"};
  }
  const auto folder = file.parent_path();
  const bool is_there = std::filesystem::exists(file, ignored);
  if (is_there && access(file.c_str(), R_OK) != 0) {
    return {ErrorKind::kUser, "file.unreadable",
            cat("the system does not let the program open the database: ", shown),
            "check the rights of the file"};
  }
  if (is_for_writing &&
      (access(folder.c_str(), W_OK) != 0 || (is_there && access(file.c_str(), W_OK) != 0))) {
    return {ErrorKind::kUser, "file.unwritable", cat("the database cannot be written: ", shown),
            "check the rights of the file and of its folder"};
  }
  if (is_disk_full(text)) {
    return {ErrorKind::kData, "file.disk_full", cat("there is no space left for the database: ", shown),
            "free some space and run again"};
  }
  if (is_there && !is_database(file)) {
    return {ErrorKind::kData, "connection.not_a_database",
            cat("the file is no database of this engine: ", shown), "check path of the connection"};
  }
  return {ErrorKind::kData, "connection.corrupt",
          cat("the database file cannot be opened: ", shown, ": ", text), "restore it from a copy"};
}

}  // namespace osiris
