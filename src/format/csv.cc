#include "format/csv.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

char* find_byte(char* begin, const char* end, char wanted) {
  return static_cast<char*>(std::memchr(begin, wanted, static_cast<std::size_t>(end - begin)));
}

std::uint64_t count_line_feeds(const char* begin, const char* end) {
  return static_cast<std::uint64_t>(std::count(begin, end, '\n'));
}

/// Copies a field to `out`, each "" a single quote again, and returns the end of the copy.
char* undouble(char* begin, const char* end, char quote, char* out) {
  char* at = begin;
  while (char* const found = find_byte(at, end, quote)) {
    out = std::copy(at, found + 1, out);
    at = found + 2;
  }
  return std::copy<const char*>(at, end, out);
}

}  // namespace

CsvReader::CsvReader(CsvDialect dialect, ReadBytes read, std::size_t block_bytes,
                     std::size_t max_record_bytes)
    : dialect_(dialect),
      read_(std::move(read)),
      block_bytes_(block_bytes),
      max_record_bytes_(max_record_bytes),
      specials_(dialect.delimiter, dialect.quote, '\n', '\r') {
  make_room();
  while (static_cast<std::size_t>(end_ - cursor_) < kByteOrderMark.size() && read_more()) {
  }
  skip_byte_order_mark();
}

void CsvReader::skip_byte_order_mark() {
  if (!std::string_view(cursor_, end_).starts_with(kByteOrderMark)) return;
  cursor_ += kByteOrderMark.size();
  cursor_offset_ = kByteOrderMark.size();
}

/// Moves the cursor behind the line; false at the end of the text.
bool CsvReader::skip_line() {
  char* line_feed = find_byte(cursor_, end_, '\n');
  while (line_feed == nullptr && read_more()) line_feed = find_byte(cursor_, end_, '\n');
  if (cursor_ == end_) return false;
  char* const next = line_feed == nullptr ? end_ : line_feed + 1;
  cursor_offset_ += static_cast<std::uint64_t>(next - cursor_);
  cursor_ = next;
  ++line_;
  return true;
}

void CsvReader::skip_lines(std::uint64_t count) {
  while (count > 0 && skip_line()) --count;
}

const CsvRecord* CsvReader::next() {
  for (;;) {
    if (dialect_.comment != '\0') {
      while (cursor_ < end_ && *cursor_ == dialect_.comment) skip_line();
    }
    if (cursor_ < end_ && scan_record() == Outcome::kRecord) break;
    if (!read_more() && cursor_ == end_) return nullptr;
  }
  record_.line = line_;
  record_.byte_offset = cursor_offset_;
  record_.byte_count = static_cast<std::size_t>(record_end_ - cursor_);
  if (problem_.empty() && !is_valid_utf8({cursor_, record_end_})) problem_ = "the bytes are not UTF-8";
  record_.raw = {cursor_, record_end_};
  record_.problem = problem_;
  finish_fields();
  line_ += line_breaks_;
  cursor_offset_ += static_cast<std::uint64_t>(next_record_ - cursor_);
  cursor_ = next_record_;
  return &record_;
}

/// Finds the fields and the end of the record at the cursor without changing a byte, so that a record that
/// the end of the buffer cuts off is simply scanned again.
CsvReader::Outcome CsvReader::scan_record() {
  raw_fields_.clear();
  line_breaks_ = 0;
  problem_ = {};
  is_line_over_ = false;
  char* at = cursor_;
  while (!is_line_over_) {
    const bool is_quoted = at < end_ && *at == dialect_.quote;
    const Outcome outcome = is_quoted ? scan_quoted(at) : scan_unquoted(at);
    if (outcome == Outcome::kCutOff) return outcome;
  }
  return Outcome::kRecord;
}

/// The first delimiter, quote, CR or LF at or after a place; the line feed at end_ stops the search.
char* CsvReader::find_special(char* at) const {
  for (;; at += ByteBlock::kSize) {
    const ByteBlock::Hits hits = ByteBlock::load(at).find(specials_);
    if (hits.any()) return at + hits.first();
  }
}

CsvReader::Outcome CsvReader::scan_unquoted(char*& at) {
  char* const begin = at;
  at = find_special(at);
  raw_fields_.push_back({begin, at, false, false});
  if (*at == dialect_.quote && at < end_) return reject(at, "a quote inside an unquoted field");
  return end_of_field(at, "a carriage return without a line feed");
}

CsvReader::Outcome CsvReader::scan_quoted(char*& at) {
  char* const begin = at + 1;
  bool has_doubled_quotes = false;
  for (char* from = begin;;) {
    char* const quote = find_byte(from, end_, dialect_.quote);
    if (quote == nullptr) return is_at_end_ ? reject_unclosed() : Outcome::kCutOff;
    if (quote + 1 == end_ && !is_at_end_) return Outcome::kCutOff;
    if (quote + 1 == end_ || quote[1] != dialect_.quote) {
      at = quote;
      break;
    }
    has_doubled_quotes = true;
    from = quote + 2;
  }
  raw_fields_.push_back({begin, at, true, has_doubled_quotes});
  line_breaks_ += count_line_feeds(begin, at);
  ++at;
  return end_of_field(at, "text after a closing quote");
}

/// Steps over what ends a field. A CR that ends the file counts as a line break.
CsvReader::Outcome CsvReader::end_of_field(char*& at, std::string_view problem_otherwise) {
  if (at < end_ && *at == dialect_.delimiter) {
    ++at;
    return Outcome::kRecord;
  }
  char* line_feed = at;
  if (at < end_ && *at == '\r') ++line_feed;
  if (line_feed == end_ && !is_at_end_) return Outcome::kCutOff;
  if (*line_feed != '\n') return reject(at, problem_otherwise);
  is_line_over_ = true;
  record_end_ = at;
  next_record_ = line_feed == end_ ? end_ : line_feed + 1;
  ++line_breaks_;
  return Outcome::kRecord;
}

/// Passes over the rest of the line where the problem is.
CsvReader::Outcome CsvReader::reject(char* at, std::string_view problem) {
  char* const line_feed = find_byte(at, end_, '\n');
  if (line_feed == nullptr && !is_at_end_) return Outcome::kCutOff;
  problem_ = problem;
  is_line_over_ = true;
  record_end_ = line_feed == nullptr ? end_ : line_feed;
  next_record_ = line_feed == nullptr ? end_ : line_feed + 1;
  ++line_breaks_;
  return Outcome::kRecord;
}

/// Gives up the record's first line only: the quote that nothing closes must not take the rest of the file.
CsvReader::Outcome CsvReader::reject_unclosed() {
  line_breaks_ = 0;
  return reject(cursor_, "a quote that is never closed");
}

/// Appends a block to the buffer; false at the end of the file.
bool CsvReader::read_more() {
  if (is_at_end_) return false;
  make_room();
  const std::size_t count = read_(end_, static_cast<std::size_t>(buffer_.get() + capacity_ - end_));
  end_ += count;
  *end_ = '\n';
  is_at_end_ = count == 0;
  return true;
}

/// Moves what is not read yet to the buffer's front. A record that fills the buffer doubles it, so that a
/// long one is scanned a few times and not once a block; the record after it gets a small buffer again.
void CsvReader::make_room() {
  const auto unread = static_cast<std::size_t>(end_ - cursor_);
  if (unread > max_record_bytes_) {
    throw Error(ErrorKind::kData, "csv.record_too_large",
                cat("the row at line ", line_, ", byte ", cursor_offset_, ", is longer than ",
                    human_bytes(max_record_bytes_)),
                "check that every quote is closed, or raise max_row_size");
  }
  const std::size_t wanted = std::max(block_bytes_, std::bit_ceil(unread + 1));
  if (wanted == capacity_) {
    if (cursor_ != buffer_.get()) std::memmove(buffer_.get(), cursor_, unread);
  } else {
    auto larger = std::make_unique_for_overwrite<char[]>(wanted + ByteBlock::kSize);
    if (unread > 0) std::memcpy(larger.get(), cursor_, unread);
    buffer_ = std::move(larger);
    capacity_ = wanted;
  }
  cursor_ = buffer_.get();
  end_ = cursor_ + unread;
  std::fill_n(end_, ByteBlock::kSize, '\n');
}

/// Room for the record; a long one's memory is not kept.
char* CsvReader::room_for_undoubled() {
  const std::size_t wanted = std::bit_ceil(record_.byte_count);
  if (wanted > undoubled_capacity_ || undoubled_capacity_ > std::max(wanted, block_bytes_)) {
    undoubled_ = std::make_unique_for_overwrite<char[]>(wanted);
    undoubled_capacity_ = wanted;
  }
  return undoubled_.get();
}

/// A record is not changed, for its own bytes may be asked for: a field that is not as it stands is copied.
void CsvReader::finish_fields() {
  fields_.clear();
  record_.fields = fields_;
  if (!problem_.empty()) return;
  char* out = nullptr;
  for (const RawField& field : raw_fields_) {
    if (!field.has_doubled_quotes) {
      fields_.push_back({{field.begin, field.end}, field.is_quoted});
      continue;
    }
    char* const begin = out == nullptr ? room_for_undoubled() : out;
    out = undouble(field.begin, field.end, dialect_.quote, begin);
    fields_.push_back({{begin, out}, true});
  }
  record_.fields = fields_;
}

}  // namespace osiris
