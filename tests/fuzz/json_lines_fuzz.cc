// JSON lines from anybody: the readers must neither crash nor depend on how the bytes arrive, and what is
// read must be what a reader of all JSON makes of it.
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "format/json_object.h"
#include "format/text_lines.h"

namespace {

/// Everything that the readers say of a text, one line a line.
std::string told(std::string_view text, std::size_t block_bytes) {
  osiris::TextLines lines(
      [&](char* buffer, std::size_t size) {
        const std::size_t count = text.copy(buffer, size);
        text.remove_prefix(count);
        return count;
      },
      std::size_t{1} << 20, block_bytes);
  osiris::JsonObject object;
  std::string all;
  while (const auto line = lines.next()) {
    all += std::to_string(line->line) + '@' + std::to_string(line->byte_offset) + ' ';
    all += object.read(line->text);
    for (const osiris::JsonMember& member : object.members()) {
      all += ' ';
      all += member.key;
      all += '=';
      all += member.text;
    }
    all += '\n';
  }
  return all;
}

/// A line that is taken is an object for a reader of all JSON too, with the same keys and strings.
void compare(std::string_view line) {
  osiris::JsonObject object;
  if (!object.read(line).empty()) return;
  const osiris::Json json = osiris::Json::parse(line, nullptr, false);
  // A number beyond a double is none for that reader; for ours it is its digits.
  constexpr std::size_t kDigitsOfDouble = 300;
  if (json.is_discarded() && (line.size() > kDigitsOfDouble || line.find_first_of("eE") != line.npos)) return;
  if (!json.is_object() || json.size() != object.members().size()) std::abort();
  for (const osiris::JsonMember& member : object.members()) {
    const auto found = json.find(std::string(member.key));
    if (found == json.end()) std::abort();
    if (member.kind == osiris::JsonMember::Kind::kString && found->get<std::string>() != member.text)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (told(text, std::size_t{1} + data[0]) != told(text, osiris::TextLines::kBlockBytes)) std::abort();
  compare(text);
  return 0;
}
