#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/csv_dialect.h"
#include "filesystem/csv_formatter.h"
#include "filesystem/input_file.h"
#include "filesystem/text_writer.h"
#include "format/csv.h"

namespace osiris::filesystem {

namespace {

CsvQuoting quoting_of(const std::string& word) {
  if (word == "all") return CsvQuoting::kAll;
  return word == "nonnumeric" ? CsvQuoting::kNonnumeric : CsvQuoting::kMinimal;
}

CsvStyle style_of(const Config& config) {
  return {.dialect = csv_dialect(config),
          .quoting = quoting_of(config.text("quoting")),
          .binary = config.text("binary") == "base64" ? CsvBinary::kBase64 : CsvBinary::kHex,
          .newline = config.text("newline") == "crlf" ? "\r\n" : "\n",
          .null_value = config.text("null_value")};
}

/// Refuses a file whose first line does not name the same columns in the same order.
void check_header(const std::filesystem::path& path, const Schema& schema, CsvDialect dialect) {
  InputFile file({path, path.string()});
  CsvReader reader(dialect, [&](char* buffer, std::size_t size) { return file.read(buffer, size); });
  const CsvRecord* const record = reader.next();
  bool is_equal = record != nullptr && record->fields.size() == schema.size();
  for (std::size_t index = 0; is_equal && index < schema.size(); ++index) {
    is_equal = record->fields[index].text == schema[index].name;
  }
  if (is_equal) return;
  throw Error(ErrorKind::kData, "csv.header_differs",
              cat("cannot append rows of other columns than those of '", path.string(), "'"),
              "use write_mode: overwrite or another path");
}

TextFormat format_of(const Config& config) {
  const CsvStyle style = style_of(config);
  TextFormat format{".csv", config.boolean("header"), style.newline,
                    [style](const Schema& schema) { return std::make_unique<CsvFormatter>(schema, style); }};
  if (format.has_header) {
    format.check_append = [dialect = csv_dialect(config)](const std::filesystem::path& path,
                                                          const Schema& schema) {
      check_header(path, schema, dialect);
    };
  }
  return format;
}

}  // namespace

void describe_csv_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_text_writer(config, schema, format_of(config), context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview_text_writer(config, format_of(config), context);
  };
}

}  // namespace osiris::filesystem
