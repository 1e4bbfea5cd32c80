#include "sandbox/process_tree.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// What follows the name in /proc/pid/stat, the state first; a name may have blanks and brackets in it.
/// Source: proc(5), /proc/pid/stat.
std::vector<std::string> stat_words(pid_t process) {
  std::ifstream file(cat("/proc/", process, "/stat"));
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string::npos) return {};
  return split(std::string_view(text).substr(name_end + 2), ' ');
}

constexpr std::size_t kParent = 1, kUserTicks = 11, kSystemTicks = 12, kStart = 19, kResidentPages = 21;

std::uint64_t stat_number(const std::vector<std::string>& words, std::size_t place) {
  if (words.size() <= place) return 0;
  return static_cast<std::uint64_t>(parse_integer(words[place]).value_or(0));
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> processes;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    if (const auto number = parse_integer(entry.path().filename().string()))
      processes.push_back(static_cast<pid_t>(*number));
  }
  return processes;
}

}  // namespace

std::vector<pid_t> processes_below(pid_t process) {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  for (const pid_t child : all_processes())
    children[static_cast<pid_t>(stat_number(stat_words(child), kParent))].push_back(child);
  std::vector<pid_t> found = children[process];
  for (std::size_t next = 0; next < found.size(); ++next) {
    const std::vector<pid_t> more = children[found[next]];
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

std::vector<pid_t> processes_with(const std::string& variable) {
  std::vector<pid_t> found;
  for (const pid_t process : all_processes()) {
    std::ifstream file(cat("/proc/", process, "/environ"));
    std::ostringstream text;
    text << file.rdbuf();
    const std::vector<std::string> variables = split(text.str(), '\0');
    if (std::find(variables.begin(), variables.end(), variable) != variables.end()) found.push_back(process);
  }
  return found;
}

std::uint64_t start_of(pid_t process) { return stat_number(stat_words(process), kStart); }

ProcessUsage usage_of(const std::vector<pid_t>& processes) {
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  const auto ticks_per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  ProcessUsage usage;
  for (const pid_t process : processes) {
    const std::vector<std::string> words = stat_words(process);
    usage.cpu_ns += (stat_number(words, kUserTicks) + stat_number(words, kSystemTicks)) *
                    kNanosecondsPerSecond / ticks_per_second;
    usage.resident_bytes += stat_number(words, kResidentPages) * page_bytes;
  }
  return usage;
}

}  // namespace osiris::sandbox
