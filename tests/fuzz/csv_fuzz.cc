// CSV text from anybody: the reader must neither crash nor depend on how the bytes arrive.
#include <cstdlib>
#include <string>

#include "format/csv.h"

namespace {

/// Everything that the reader says of a text, one line a record.
std::string told(std::string_view text, osiris::CsvDialect dialect, std::size_t block_bytes) {
  osiris::CsvReader reader(
      dialect,
      [&](char* buffer, std::size_t size) {
        const std::size_t count = text.copy(buffer, size);
        text.remove_prefix(count);
        return count;
      },
      block_bytes);
  std::string all;
  while (const osiris::CsvRecord* record = reader.next()) {
    all += std::to_string(record->line) + '@' + std::to_string(record->byte_offset) + ' ';
    all += record->problem;
    for (const osiris::CsvField& field : record->fields) {
      all += field.is_quoted ? " quoted " : " plain ";
      all += field.text;
    }
    all += '\n';
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const osiris::CsvDialect dialect = data[0] % 2 == 0 ? osiris::CsvDialect{} : osiris::CsvDialect{';', '\''};
  const std::size_t block_bytes = std::size_t{1} + data[0] / 2;
  if (told(text, dialect, block_bytes) != told(text, dialect, osiris::CsvReader::kBlockBytes)) std::abort();
  return 0;
}
