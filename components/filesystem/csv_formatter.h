#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filesystem/row_formatter.h"
#include "format/csv.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris::filesystem {

enum class CsvQuoting { kMinimal, kAll, kNonnumeric };
enum class CsvBinary { kHex, kBase64 };

struct CsvStyle {
  CsvDialect dialect = {};
  CsvQuoting quoting = CsvQuoting::kMinimal;
  CsvBinary binary = CsvBinary::kHex;
  std::string_view newline = "\n";
  std::string null_value = {};  ///< written without quotes; a value that equals it gets quotes
};

/// Writes batches as CSV text.
///
/// NULL is `null_value`, the empty text is "" in quotes: the two stay apart. In quotes is whatever holds a
/// delimiter, a quote, CR or LF, and a byte order mark that would begin the file. Rows that come as a wire of
/// exactly this form are copied.
class CsvFormatter : public RowFormatter {
 public:
  /// The schema must outlive the formatter.
  CsvFormatter(const Schema& schema, CsvStyle style);

  void append_header(OutputBuffer& out) override;
  void append_rows(OutputBuffer& out, const Batch& batch, std::size_t first, std::size_t last) override;

 private:
  enum class Source : std::uint8_t { kText, kBytes, kPrinted };
  enum class Quotes : std::uint8_t { kNever, kWhenNeeded, kAlways };
  struct Plan {
    Source source;
    Quotes quotes;
    const ColumnType* type;
  };

  Plan plan(const ColumnType& column) const;
  bool may_clash_with_plain_values() const;
  void append_range(OutputBuffer& out, const Batch& batch, const std::vector<Plan>& plans, std::size_t first,
                    std::size_t last) const;

  // Each writes at `out`, where there is room for the longest outcome, and returns the end.
  char* put_value(char* out, const Plan& plan, const ColumnView& column, std::size_t row) const;
  char* put_string(char* out, Quotes quotes, const StringRef& text) const;
  char* put_text(char* out, Quotes quotes, std::string_view text) const;
  char* put_inlined(char* out, const StringRef& text) const;
  char* put_quoted(char* out, std::string_view text) const;
  char* put_bytes(char* out, Quotes quotes, std::string_view bytes) const;
  char* put_null(char* out) const;
  char* put_newline(char* out) const;
  bool must_be_told_from_null(std::string_view text) const;

  const Schema* schema_;
  CsvStyle style_;
  std::string wire_format_;  ///< of rows that are written as they come; empty: none are
  ByteBlock::Four specials_;
  bool plain_values_are_safe_;
  std::vector<Plan> plans_;
  std::size_t row_room_;  ///< of a row without a text longer than kShortBytes
  bool is_at_start_ = true;
};

}  // namespace osiris::filesystem
