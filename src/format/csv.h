#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "format/byte_block.h"

namespace osiris {

/// The characters that give a CSV text its shape. All are ASCII and differ, and none is CR or LF.
struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  char comment = '\0';  ///< a line that begins with it is no row; NUL: there are no such lines
};

/// Bytes that a file may begin with and that are no part of its text.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct CsvField {
  std::string_view text;   ///< without quotes, doubled ones undone
  bool is_quoted = false;  ///< "" is an empty text, nothing at all is not
};

/// One row of the text. Views are valid until the next call of CsvReader::next().
struct CsvRecord {
  std::span<const CsvField> fields;  ///< at least one, unless the record is malformed
  std::uint64_t line = 0;            ///< of the record's first byte; from 1
  std::uint64_t byte_offset = 0;     ///< of the record's first byte in the file; from 0
  std::size_t byte_count = 0;        ///< of the record in the file, without its line break
  std::string_view raw;              ///< the record as it is in the text, without its line break
  std::string_view problem;          ///< why the record is malformed; empty when it is not

  bool is_malformed() const { return !problem.empty(); }
  /// A line without a single character.
  bool is_blank() const { return byte_count == 0; }
};

/// Splits CSV text into records while it is read.
///
/// A line ends with LF, CR LF or the end of the file; inside quotes a line break is text. A byte order
/// mark at the start is passed over. Malformed are: a quote inside an unquoted field, text after a closing
/// quote, a quote that nothing closes, a CR without LF outside quotes, bytes that are not UTF-8. After a
/// malformed record reading goes on with the line after the one where the problem is; after an unclosed
/// quote with the line after the one where the record began.
///
/// Errors: kData "csv.record_too_large" when a record is longer than it may be.
/// Source: RFC 4180, section 2.
class CsvReader {
 public:
  /// Fills the buffer and returns the count of bytes read; 0 is the end of the file.
  using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

  /// Measured: larger blocks than this make reading no faster.
  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
  /// Chosen: the largest value that a MySQL packet holds; beyond it a quote was left open.
  static constexpr std::size_t kMaxRecordBytes = std::size_t{1} << 30;

  CsvReader(CsvDialect dialect, ReadBytes read, std::size_t block_bytes = kBlockBytes,
            std::size_t max_record_bytes = kMaxRecordBytes);

  /// Where the next record begins in the text.
  std::uint64_t next_offset() const { return cursor_offset_; }
  /// Passes over lines of any form.
  void skip_lines(std::uint64_t count);
  /// The next record, well-formed or not, or null at the end.
  const CsvRecord* next();

 private:
  enum class Outcome { kRecord, kCutOff };

  /// A field as it stands in the buffer.
  struct RawField {
    char* begin;
    char* end;
    bool is_quoted, has_doubled_quotes;
  };

  Outcome scan_record();
  Outcome scan_unquoted(char*& at);
  Outcome scan_quoted(char*& at);
  Outcome end_of_field(char*& at, std::string_view problem_otherwise);
  Outcome reject(char* at, std::string_view problem);
  Outcome reject_unclosed();
  char* find_special(char* at) const;
  bool read_more();
  bool skip_line();
  void skip_byte_order_mark();
  void finish_fields();
  char* room_for_undoubled();
  void make_room();

  CsvDialect dialect_;
  ReadBytes read_;
  std::size_t block_bytes_, max_record_bytes_;
  ByteBlock::Four specials_;

  std::unique_ptr<char[]> buffer_;  ///< capacity_ bytes, and room for a line feed and a block after them
  std::size_t capacity_ = 0;
  char* cursor_ = nullptr;  ///< where the next record starts
  char* end_ = nullptr;     ///< of the bytes read; a line feed stands there
  bool is_at_end_ = false;  ///< of the file: nothing comes after end_
  std::uint64_t line_ = 1, cursor_offset_ = 0;

  // The record under way.
  std::vector<RawField> raw_fields_;
  std::uint64_t line_breaks_ = 0;
  bool is_line_over_ = false;
  char* record_end_ = nullptr;   ///< before its line break
  char* next_record_ = nullptr;  ///< after its line break
  std::string_view problem_;

  std::vector<CsvField> fields_;
  std::unique_ptr<char[]> undoubled_;  ///< the record's fields that had doubled quotes
  std::size_t undoubled_capacity_ = 0;
  CsvRecord record_;
};

}  // namespace osiris
