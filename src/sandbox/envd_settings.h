#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace osiris::sandbox {

/// What a sandbox was made with, as far as the program inside it must know.
struct EnvdSettings {
  std::map<std::string, std::string> variables;  ///< of every process
  std::string user = "user", home = "/home/user";
  std::string folder;  ///< where relative paths and processes start; empty: the home
  /// How much memory of its own a process may map, and how many processes there may be, where no control
  /// group holds them; 0: as many as the system lets.
  std::uint64_t memory_bytes = 0, process_count = 0;
  /// As envd before 0.5.19: a process whose output nobody takes waits, and its end is not kept.
  bool blocks_unattended = false;
  /// As envd does it: signals go to a process and not to those that it started.
  bool signals_leader_only = false;
  std::chrono::milliseconds end_kept{30'000};  ///< how long an ended process can be connected to
};

/// Reads
/// {"envs":{..},"user":"..","home":"..","workdir":"..","memory_bytes":0,"process_count":0,"blocks_unattended":false,
/// "signals_leader_only":false}, each of which may be left out. Errors: kUser "sandbox.invalid_argument".
EnvdSettings envd_settings(const Json& json);

/// Sets the limits of this process, and so of those that it will start.
void limit_this_process(const EnvdSettings& settings);

/// The absolute path that a peer means by an absolute one, one that starts with ~, or one relative to the
/// settings' folder. `..` and `.` are taken out of the text, before any link is followed.
/// Errors: kUser "sandbox.invalid_argument".
std::string expanded_path(std::string_view path, const EnvdSettings& settings);

}  // namespace osiris::sandbox
