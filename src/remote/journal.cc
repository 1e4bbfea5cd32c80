#include "remote/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

namespace osiris::remote {

JournalWriter::JournalWriter(const fs::path& path, int pipe)
    : file_(path, O_CREAT | O_EXCL | O_APPEND | O_WRONLY), pipe_(pipe) {
  ::fcntl(pipe_, F_SETFL, ::fcntl(pipe_, F_GETFL) | O_NONBLOCK);
}

void JournalWriter::put(std::string_view kind, std::string_view json) {
  const std::lock_guard lock(mutex_);
  const std::string line = cat(R"({"seq":)", next_++, ",\"", kind, "\":", json, "}\n");
  file_.write(line);
  say(line);
}

void JournalWriter::say(std::string_view line) {
  const auto write = [&](std::string_view bytes) {
    const ssize_t count = ::write(pipe_, bytes.data(), bytes.size());
    return count < 0 ? std::size_t{0} : static_cast<std::size_t>(count);
  };
  rest_.erase(0, write(rest_));
  if (!rest_.empty()) return;
  const std::size_t taken = write(line);
  if (taken > 0) rest_ = line.substr(taken);
}

void JournalReader::hear(std::string_view bytes) {
  heard_ += bytes;
  take_lines(heard_, false);
}

void JournalReader::read(std::string_view bytes) {
  read_ += bytes;
  take_lines(read_, true);
  // A line that is not whole yet is read again.
  read_.clear();
  has_gap_ = false;
}

void JournalReader::take_lines(std::string& text, bool is_of_file) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const Json record = Json::parse(line, nullptr, false);
    const auto found = record.is_object() ? record.find("seq") : record.end();
    if (!record.is_object() || found == record.end() || !found->is_number_unsigned()) continue;
    const auto sequence = found->get<std::uint64_t>();
    if (sequence > next_ && !is_of_file) has_gap_ = true;
    if (sequence != next_) continue;
    ++next_;
    offset_ += line.size() + 1;
    take_(record);
  }
  text.erase(0, begin);
}

}  // namespace osiris::remote
