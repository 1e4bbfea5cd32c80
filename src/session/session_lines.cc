#include "session/session_lines.h"

#include <chrono>

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/text.h"
#include "session/session_files.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

constexpr std::string_view kContinuation = "    ";
/// An entry of the log is a time, a level padded to seven, a step's id or "-", and the message.
constexpr std::size_t kTimeWidth = 23, kLevelWidth = 7, kStepAt = kTimeWidth + 1 + kLevelWidth + 1;
constexpr std::chrono::milliseconds kPause{100};

bool begins_entry(std::string_view line) { return line.size() > kStepAt && !line.starts_with(kContinuation); }

std::string_view step_word(std::string_view entry) {
  return entry.substr(kStepAt, entry.find(' ', kStepAt) - kStepAt);
}

/// The lines that a growing file got since the last time it was asked. Half a line waits for its other half.
class NewLines {
 public:
  explicit NewLines(const fs::path& path) : path_(path) {}

  void read(const std::function<void(std::string_view)>& take) {
    constexpr std::size_t kPiece = 1 << 16;
    if (!file_.is_open()) file_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!file_.is_open()) return;
    for (;;) {
      const std::size_t held = rest_.size();
      rest_.resize(held + kPiece);
      const ssize_t count = ::read(file_.descriptor(), rest_.data() + held, kPiece);
      rest_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      if (count <= 0) return;
      std::size_t begin = 0;
      for (std::size_t end = rest_.find('\n', held); end != std::string::npos;
           end = rest_.find('\n', begin)) {
        take(std::string_view(rest_).substr(begin, end - begin));
        begin = end + 1;
      }
      rest_.erase(0, begin);
    }
  }

 private:
  fs::path path_;
  Descriptor file_;
  std::string rest_;
};

}  // namespace

std::string_view file_name(SessionFile file) {
  switch (file) {
    case SessionFile::kEvents:
      return kEventsFile;
    case SessionFile::kMetrics:
      return kMetricsFile;
    case SessionFile::kLog:
      break;
  }
  return kLogFile;
}

StepLines::StepLines(SessionFile file, std::string step_id) : file_(file), step_id_(std::move(step_id)) {}

bool StepLines::takes(std::string_view line) {
  if (step_id_.empty()) return true;
  if (file_ == SessionFile::kLog) {
    if (begins_entry(line)) took_entry_ = step_word(line) == step_id_;
    return took_entry_;
  }
  // Most lines are told apart without being parsed.
  if (line.find(step_id_) == std::string_view::npos) return false;
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return false;
  if (file_ == SessionFile::kEvents) return text_of(object, "step_id") == step_id_;
  const auto tags = object.find("tags");
  return tags != object.end() && tags->is_object() && text_of(*tags, "step") == step_id_;
}

std::vector<std::string> session_lines(const fs::path& folder, SessionFile file, const std::string& step_id) {
  StepLines wanted(file, step_id);
  std::vector<std::string> lines;
  NewLines(folder / file_name(file)).read([&](std::string_view line) {
    if (wanted.takes(line)) lines.emplace_back(line);
  });
  return lines;
}

std::vector<LogEntry> log_entries(const std::vector<std::string>& lines) {
  std::vector<LogEntry> entries;
  for (const std::string& line : lines) {
    if (!begins_entry(line)) {
      if (!entries.empty()) entries.back().message += cat("\n", trim(line));
      continue;
    }
    const std::string_view step = step_word(line);
    const std::size_t message_at = std::min(line.size(), kStepAt + step.size() + 1);
    entries.push_back({line.substr(0, kTimeWidth),
                       std::string(trim(line.substr(kTimeWidth + 1, kLevelWidth))),
                       step == "-" ? "" : std::string(step), line.substr(message_at)});
  }
  return entries;
}

Json json_of(const std::vector<LogEntry>& entries) {
  Json array = Json::array();
  for (const LogEntry& entry : entries) {
    Json object = {{"time", entry.time}, {"level", entry.level}};
    if (!entry.step_id.empty()) object["step_id"] = entry.step_id;
    object["message"] = entry.message;
    array.push_back(std::move(object));
  }
  return array;
}

Json json_of_lines(const std::vector<std::string>& lines) {
  Json array = Json::array();
  for (const std::string& line : lines) {
    if (Json object = Json::parse(line, nullptr, false); object.is_object())
      array.push_back(std::move(object));
  }
  return array;
}

std::optional<SessionStatus> follow_session(const fs::path& folder, SessionFile file,
                                            const std::string& step_id,
                                            const std::function<void(std::string_view)>& take,
                                            Cancellation& cancellation) {
  StepLines wanted(file, step_id);
  NewLines lines(folder / file_name(file));
  const auto take_wanted = [&](std::string_view line) {
    if (wanted.takes(line)) take(line);
  };
  for (;;) {
    // Asked before the lines are read: what a session that has ended wrote is all there.
    const SessionStatus status = read_session_status(folder);
    lines.read(take_wanted);
    if (status != SessionStatus::kRunning) return status;
    if (!wait_for(kPause, cancellation)) return std::nullopt;
  }
}

}  // namespace osiris
