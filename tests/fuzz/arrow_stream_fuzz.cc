// An Arrow stream from any bytes: two of them are the size of each message.
#include <cstdint>
#include <string>

#include "base/error.h"
#include "python/arrow_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto next_message = [&](std::string& message) {
    if (rest.size() < 2) return false;
    const std::size_t wanted = static_cast<unsigned char>(rest[0]) |
                               static_cast<std::size_t>(static_cast<unsigned char>(rest[1])) << 8U;
    message = rest.substr(2, wanted);
    rest.remove_prefix(2 + message.size());
    return true;
  };
  try {
    std::string schema;
    next_message(schema);
    osiris::python::ArrowReader reader(schema, next_message);
    while (reader.next()) {
    }
  } catch (const osiris::Error&) {
  }
  return 0;
}
