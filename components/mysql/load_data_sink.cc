#include <algorithm>
#include <cstring>

#include <errmsg.h>

#include "base/error.h"
#include "base/text.h"
#include "mysql/row_sinks.h"

namespace osiris::mysql {

namespace {

/// Rows that one statement takes: enough that its own cost does not show. Measured: 1 MiB and 16 MiB are
/// alike.
constexpr std::size_t kLoadBytes = std::size_t{4} << 20;

/// What the library's callbacks read from.
struct MemoryFile {
  std::string content;
  std::size_t read_bytes = 0;
};

int begin_file(void** reader, const char*, void* file) {
  *reader = file;
  return 0;
}

int read_file(void* reader, char* out, unsigned size) {
  MemoryFile& file = *static_cast<MemoryFile*>(reader);
  const std::size_t bytes = file.content.copy(out, size, file.read_bytes);
  file.read_bytes += bytes;
  return static_cast<int>(bytes);
}

void end_file(void*) {}

int tell_file_error(void*, char* text, unsigned size) {
  if (size > 0) *text = '\0';
  return CR_UNKNOWN_ERROR;
}

/// Appends a field as LOAD DATA reads it by default: a backslash before what means something there.
void append_field(std::string& out, const Cell& cell) {
  constexpr std::string_view kSpecial("\\\t\n\0", 4);
  if (!cell) {
    out += "\\N";
    return;
  }
  std::string_view left = *cell;
  for (std::size_t at = left.find_first_of(kSpecial); at != std::string_view::npos;
       at = left.find_first_of(kSpecial)) {
    out += left.substr(0, at);
    out += '\\';
    out += left[at] == '\0' ? '0' : left[at];
    left.remove_prefix(at + 1);
  }
  out += left;
}

class LoadDataSink : public RowSink {
 public:
  LoadDataSink(Connection& connection, SinkTarget target, const SinkColumns& columns, RowEncoder encoder)
      : connection_(&connection),
        target_(std::move(target)),
        encoder_(std::move(encoder)),
        statement_(load_statement(columns)) {
    mysql_set_local_infile_handler(connection_->handle(), begin_file, read_file, end_file, tell_file_error,
                                   &file_);
  }
  LoadDataSink(const LoadDataSink&) = delete;
  LoadDataSink& operator=(const LoadDataSink&) = delete;
  ~LoadDataSink() override { connection_->offer_no_file(); }

  void write(const Batch& batch, std::size_t begin, std::size_t end) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (const auto cells = encoder_.encode(batch, row)) append(*cells);
      if (file_.content.size() >= kLoadBytes) load();
    }
    encoder_.clear();
  }

  std::uint64_t finish() override {
    load();
    return acknowledged_;
  }

 private:
  std::string load_statement(const SinkColumns& columns) const;
  void append(std::span<const Cell> cells);
  void load();
  void refuse_changes(std::uint64_t records) const;

  Connection* connection_;
  SinkTarget target_;
  RowEncoder encoder_;
  std::string statement_;
  MemoryFile file_;
  std::uint64_t row_count_ = 0, acknowledged_ = 0;
};

/// Fields are bytes, so that those of binary columns arrive as they are; where text would not, the server is
/// told what it gets.
std::string LoadDataSink::load_statement(const SinkColumns& columns) const {
  std::vector<std::string> names, conversions;
  for (std::size_t index = 0; index < columns.columns.size(); ++index) {
    const SinkColumns::Column& column = columns.columns[index];
    names.push_back(column.needs_charset ? cat("@v", index) : column.quoted);
    if (!column.needs_charset) continue;
    conversions.push_back(cat(column.quoted, " = CONVERT(@v", index, " USING utf8mb4)"));
  }
  return cat("LOAD DATA LOCAL INFILE 'rows'", target_.replaces ? " REPLACE" : "", " INTO TABLE ",
             target_.table, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' ",
             "LINES TERMINATED BY '\\n' (", join(names, ", "), ")", conversions.empty() ? "" : " SET ",
             join(conversions, ", "));
}

void LoadDataSink::append(std::span<const Cell> cells) {
  for (std::size_t index = 0; index < cells.size(); ++index) {
    if (index > 0) file_.content += '\t';
    append_field(file_.content, cells[index]);
  }
  file_.content += '\n';
  ++row_count_;
}

void LoadDataSink::load() {
  if (row_count_ == 0) return;
  file_.read_bytes = 0;
  refuse_changes(connection_->run(statement_));
  file_.content.clear();
  acknowledged_ += row_count_;
  row_count_ = 0;
}

/// LOCAL makes errors of rows into warnings: it leaves rows out and bends values.
void LoadDataSink::refuse_changes(std::uint64_t records) const {
  if (mysql_warning_count(connection_->handle()) > 0) {
    const auto shown = connection_->rows("SHOW WARNINGS LIMIT 1");
    if (!shown.empty()) {
      const auto number = parse_integer(shown[0][1].value_or("")).value_or(0);
      connection_->fail(static_cast<unsigned>(number), shown[0][2].value_or(""));
    }
  }
  if (!target_.replaces) expect_rows(records, row_count_);
}

}  // namespace

std::unique_ptr<RowSink> open_load_data_sink(Connection& connection, SinkTarget target,
                                             const SinkColumns& columns, RowEncoder encoder) {
  return std::make_unique<LoadDataSink>(connection, std::move(target), columns, std::move(encoder));
}

}  // namespace osiris::mysql
