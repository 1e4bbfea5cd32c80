// A source's text of any type: it is refused, or its native form prints a text that means the same.
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/error.h"
#include "table/values.h"

namespace {

osiris::ColumnType type_of(const unsigned char* choices) {
  constexpr unsigned kTypeCount = static_cast<unsigned>(osiris::TypeId::kUuid) + 1;
  osiris::ColumnType type;
  type.name = "c";
  type.type.id = static_cast<osiris::TypeId>(choices[0] % kTypeCount);
  type.type.precision = static_cast<std::uint8_t>(1 + choices[1] % 38);
  type.type.scale = static_cast<std::uint8_t>(choices[2] % (type.type.precision + 1));
  type.style.bare_exponent = choices[0] >= 128;
  type.style.zero_pad_width = choices[1] >= 128 ? choices[2] : std::uint8_t{0};
  return type;
}

/// The value's printed form, or nothing where the text is refused.
std::optional<std::string> printed(std::string_view text, const osiris::ColumnType& type) {
  const osiris::StringRef source(text);
  try {
    const osiris::NativeColumn column({nullptr, &source}, 1, type);
    std::string out;
    osiris::append_value_text(out, column.view(), 0, type);
    return out;
  } catch (const osiris::Error& error) {
    if (error.kind() != osiris::ErrorKind::kData) std::abort();
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::size_t kChoices = 3;
  if (size < kChoices) return 0;
  const osiris::ColumnType type = type_of(data);
  if (osiris::is_string(type.type)) return 0;
  const auto once = printed({reinterpret_cast<const char*>(data) + kChoices, size - kChoices}, type);
  if (once && printed(*once, type) != once) std::abort();
  return 0;
}
