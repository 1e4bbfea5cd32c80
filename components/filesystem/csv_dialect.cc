#include "filesystem/csv_dialect.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

char one_character(const Config& config, const char* key) {
  const std::string text = config.text(key);
  if (text == "tab" || text == "\\t") return '\t';
  const bool is_usable = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80 &&
                         std::string_view("\n\r\0", 3).find(text[0]) == std::string_view::npos;
  if (!is_usable) {
    throw Error(ErrorKind::kUser, "config.invalid", cat(key, " is not one ASCII character: '", text, "'"),
                "write one character, or the word tab");
  }
  return text[0];
}

}  // namespace

CsvDialect csv_dialect(const Config& config) {
  CsvDialect dialect{one_character(config, "delimiter"), one_character(config, "quote")};
  if (dialect.delimiter == dialect.quote) {
    throw Error(ErrorKind::kUser, "config.invalid",
                cat("delimiter and quote are the same: '", dialect.quote, "'"));
  }
  return dialect;
}

CsvDialect csv_dialect_with_comments(const Config& config) {
  CsvDialect dialect = csv_dialect(config);
  if (!config.has("comment")) return dialect;
  dialect.comment = one_character(config, "comment");
  if (dialect.comment == dialect.delimiter || dialect.comment == dialect.quote) {
    throw Error(ErrorKind::kUser, "config.invalid",
                cat("comment is the delimiter or the quote: '", dialect.comment, "'"));
  }
  return dialect;
}

}  // namespace osiris::filesystem
