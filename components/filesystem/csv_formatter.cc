#include "filesystem/csv_formatter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "filesystem/csv_rows.h"
#include "table/values.h"

namespace osiris::filesystem {

namespace {

/// A value up to this size needs no question for room.
constexpr std::size_t kShortBytes = kMaxPrintedBytes;
/// With every byte doubled, two quotes, the delimiter, and what a block store writes past the end.
constexpr std::size_t kShortRoom = 2 * kShortBytes + 3 + ByteBlock::kSize;

/// Eight lower-case hex digits of four bytes, all computed at once.
std::uint64_t hex_digits(std::uint32_t bytes) {
  std::uint64_t word = bytes;
  word = (word | word << 16U) & 0x0000FFFF0000FFFFU;
  word = (word | word << 8U) & 0x00FF00FF00FF00FFU;
  word = (word >> 4U | word << 8U) & 0x0F0F0F0F0F0F0F0FU;  // a nibble a byte, the high one first
  const std::uint64_t is_letter = (word + 0x0606060606060606U) >> 4U & 0x0101010101010101U;
  return word + 0x3030303030303030U + is_letter * ('a' - '0' - 10);
}

char* put_hex(char* out, std::string_view bytes) {
  std::uint32_t four = 0;
  std::size_t at = 0;
  for (; at + sizeof four <= bytes.size(); at += sizeof four) {
    std::memcpy(&four, bytes.data() + at, sizeof four);
    const std::uint64_t digits = hex_digits(four);
    std::memcpy(out + 2 * at, &digits, sizeof digits);
  }
  for (; at < bytes.size(); ++at) {
    const std::uint64_t digits = hex_digits(static_cast<unsigned char>(bytes[at]));
    std::memcpy(out + 2 * at, &digits, 2);
  }
  return out + 2 * bytes.size();
}

/// Copies by fixed sizes, which costs a few instructions where a call of memcpy costs a branch on the size.
char* put_copy(char* out, std::string_view text) {
  const std::size_t size = text.size();
  if (size >= 8 && size <= ByteBlock::kSize) {
    std::memcpy(out, text.data(), 8);
    std::memcpy(out + size - 8, text.data() + size - 8, 8);
  } else if (size > ByteBlock::kSize && size <= 2 * ByteBlock::kSize) {
    ByteBlock::load(text.data()).store(out);
    ByteBlock::load(text.data() + size - ByteBlock::kSize).store(out + size - ByteBlock::kSize);
  } else {
    std::memcpy(out, text.data(), size);
  }
  return out + size;
}

/// The 12 bytes inside a StringRef, whatever the length.
char* put_copy(char* out, const StringRef& text) {
  if (text.length > StringRef::kInlined) return put_copy(out, text.view());
  std::memcpy(out, text.prefix, sizeof text.prefix);
  std::memcpy(out + sizeof text.prefix, text.tail, sizeof text.tail);
  return out + text.length;
}

/// Copies up to a block of text with its quotes doubled. JSON is full of them: whole blocks are copied, each
/// over the end of the one before, instead of one byte at a time.
/// Requires: a block's bytes after the text are readable, and none of them is a quote.
char* put_doubled(char* out, const char* text, std::size_t count, char quote) {
  std::size_t from = 0;
  for (unsigned quotes = ByteBlock::load(text).find(quote).mask(); quotes != 0; quotes &= quotes - 1) {
    const auto quote_at = static_cast<std::size_t>(std::countr_zero(quotes));
    ByteBlock::load(text + from).store(out);
    out += quote_at + 1 - from;
    *out++ = quote;
    from = quote_at + 1;
  }
  ByteBlock::load(text + from).store(out);
  return out + (count - from);
}

bool is_numeric(TypeId id) {
  switch (id) {
    case TypeId::kInt8:
    case TypeId::kInt16:
    case TypeId::kInt32:
    case TypeId::kInt64:
    case TypeId::kUint8:
    case TypeId::kUint16:
    case TypeId::kUint32:
    case TypeId::kUint64:
    case TypeId::kHugeint:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return true;
    default:
      return false;
  }
}

/// Whether numbers, times and words like "true" are made of such characters.
bool occurs_in_plain_values(char c) {
  constexpr std::string_view kMarks = "+-.: ()";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

CsvFormatter::CsvFormatter(const Schema& schema, CsvStyle style)
    : schema_(&schema),
      style_(std::move(style)),
      specials_(style_.dialect.delimiter, style_.dialect.quote, '\n', '\r'),
      plain_values_are_safe_(!may_clash_with_plain_values()),
      row_room_(schema.size() * (kShortRoom + style_.null_value.size()) + style_.newline.size()) {
  invariant(!schema.empty(), "a table has columns");
  for (const ColumnType& column : schema) plans_.push_back(plan(column));
  const bool is_wire =
      style_.quoting == CsvQuoting::kMinimal && style_.newline == "\n" && style_.null_value.empty();
  if (is_wire) wire_format_ = csv_wire_format(style_.dialect);
}

CsvFormatter::Plan CsvFormatter::plan(const ColumnType& column) const {
  Plan plan{Source::kPrinted, Quotes::kNever, &column};
  if (column.type.id == TypeId::kBytes) {
    plan.source = Source::kBytes;
  } else if (column.encoding == Encoding::kText || is_string(column.type)) {
    plan.source = Source::kText;
  }
  if (may_need_quotes(column.type) || !plain_values_are_safe_) plan.quotes = Quotes::kWhenNeeded;
  const bool is_quoted = style_.quoting == CsvQuoting::kAll ||
                         (style_.quoting == CsvQuoting::kNonnumeric && !is_numeric(column.type.id));
  if (is_quoted) plan.quotes = Quotes::kAlways;
  return plan;
}

/// A value of a plain type begins with a digit, a sign or a small letter.
bool CsvFormatter::may_clash_with_plain_values() const {
  const std::string& token = style_.null_value;
  const bool is_like_a_value =
      !token.empty() && occurs_in_plain_values(token[0]) && (token[0] < 'A' || token[0] > 'Z');
  return is_like_a_value || occurs_in_plain_values(style_.dialect.delimiter) ||
         occurs_in_plain_values(style_.dialect.quote);
}

void CsvFormatter::append_header(OutputBuffer& out) {
  const Quotes quotes = style_.quoting == CsvQuoting::kMinimal ? Quotes::kWhenNeeded : Quotes::kAlways;
  char* at = out.end();
  for (const ColumnType& column : *schema_) {
    const bool begins_with_mark = is_at_start_ && column.name.starts_with(kByteOrderMark);
    at = out.make_room(at, 2 * column.name.size() + row_room_);
    at = put_text(at, begins_with_mark ? Quotes::kAlways : quotes, column.name);
    *at++ = style_.dialect.delimiter;
    is_at_start_ = false;
  }
  out.set_end(put_newline(at - 1));
}

void CsvFormatter::append_rows(OutputBuffer& out, const Batch& batch, std::size_t first, std::size_t last) {
  if (!wire_format_.empty() && first == 0 && last == batch.row_count()) {
    const auto wire = batch.wire();
    if (wire && wire->format == wire_format_) {
      is_at_start_ = false;
      return out.append(wire->bytes);
    }
  }
  if (is_at_start_ && plans_[0].source == Source::kText && batch.column(0).is_valid(first) &&
      batch.column(0).text(first).starts_with(kByteOrderMark)) {
    std::vector<Plan> plans = plans_;
    plans[0].quotes = Quotes::kAlways;
    append_range(out, batch, plans, first, first + 1);
    ++first;
  }
  is_at_start_ = false;
  append_range(out, batch, plans_, first, last);
}

void CsvFormatter::append_range(OutputBuffer& out, const Batch& batch, const std::vector<Plan>& plans,
                                std::size_t first, std::size_t last) const {
  const char delimiter = style_.dialect.delimiter;
  const std::size_t column_count = plans.size();
  char* at = out.end();
  for (std::size_t row = first; row < last; ++row) {
    at = out.make_room(at, row_room_);
    for (std::size_t index = 0; index < column_count; ++index) {
      const ColumnView& column = batch.column(index);
      const Plan& plan = plans[index];
      if (!column.is_valid(row)) {
        at = put_null(at);
      } else {
        if (plan.source != Source::kPrinted && column.as<StringRef>()[row].length > kShortBytes)
            [[unlikely]] {
          at = out.make_room(at, 2 * std::size_t{column.as<StringRef>()[row].length} + row_room_);
        }
        at = put_value(at, plan, column, row);
      }
      *at++ = delimiter;
    }
    at = put_newline(at - 1);
  }
  out.set_end(at);
}

inline char* CsvFormatter::put_null(char* out) const {
  return style_.null_value.empty() ? out : put_copy(out, style_.null_value);
}

inline char* CsvFormatter::put_newline(char* out) const {
  for (const char c : style_.newline) *out++ = c;
  return out;
}

inline char* CsvFormatter::put_value(char* out, const Plan& plan, const ColumnView& column,
                                     std::size_t row) const {
  if (plan.source == Source::kText) return put_string(out, plan.quotes, column.as<StringRef>()[row]);
  if (plan.source == Source::kBytes) return put_bytes(out, plan.quotes, column.text(row));
  if (plan.quotes == Quotes::kNever) return print_native(out, column, row, *plan.type);
  std::array<char, kMaxPrintedBytes> text;
  return put_text(out, plan.quotes, {text.data(), print_native(text.data(), column, row, *plan.type)});
}

inline char* CsvFormatter::put_string(char* out, Quotes quotes, const StringRef& text) const {
  if (quotes == Quotes::kNever) return put_copy(out, text);
  if (quotes == Quotes::kWhenNeeded && text.length <= StringRef::kInlined) return put_inlined(out, text);
  return put_text(out, quotes, text.view());
}

bool CsvFormatter::must_be_told_from_null(std::string_view text) const {
  return text.empty() || text == style_.null_value;
}

/// Looks at all the bytes of a short text at once: those that are not part of it are zero.
inline char* CsvFormatter::put_inlined(char* out, const StringRef& text) const {
  constexpr unsigned kLengthBits = 8 * sizeof text.length;
  const ByteBlock::Hits hits = ByteBlock::load(reinterpret_cast<const char*>(&text)).find(specials_);
  const bool has_specials = ((hits.low >> kLengthBits) | hits.high) != 0;
  if (has_specials || must_be_told_from_null(text.view())) return put_quoted(out, text.view());
  return put_copy(out, text);
}

/// Copies while it looks; what must be in quotes is written again from the start.
char* CsvFormatter::put_text(char* out, Quotes quotes, std::string_view text) const {
  if (text.size() <= StringRef::kInlined && quotes != Quotes::kAlways)
    return put_inlined(out, StringRef(text));
  if (quotes == Quotes::kAlways || must_be_told_from_null(text)) return put_quoted(out, text);
  const char* const bytes = text.data();
  if (text.size() <= ByteBlock::kSize) {
    const bool has_specials = ByteBlock::load_ends(bytes, text.size()).find(specials_).any();
    return has_specials ? put_quoted(out, text) : put_copy(out, text);
  }
  const std::size_t last = text.size() - ByteBlock::kSize;
  for (std::size_t at = 0;; at = std::min(at + ByteBlock::kSize, last)) {
    const ByteBlock block = ByteBlock::load(bytes + at);
    if (block.find(specials_).any()) return put_quoted(out, text);
    block.store(out + at);
    if (at == last) return out + text.size();
  }
}

char* CsvFormatter::put_quoted(char* out, std::string_view text) const {
  constexpr std::size_t kBlock = ByteBlock::kSize;
  const char quote = style_.dialect.quote;
  *out++ = quote;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 2 * kBlock; at += kBlock, left -= kBlock) out = put_doubled(out, at, kBlock, quote);
  std::array<char, 3 * kBlock> rest{};
  std::copy_n(at, left, rest.data());
  for (at = rest.data(); left > 0; at += kBlock) {
    const std::size_t count = std::min(left, kBlock);
    out = put_doubled(out, at, count, quote);
    left -= count;
  }
  *out++ = quote;
  return out;
}

char* CsvFormatter::put_bytes(char* out, Quotes quotes, std::string_view bytes) const {
  const bool is_hex = style_.binary == CsvBinary::kHex;
  const bool is_plain = is_hex && plain_values_are_safe_ && quotes == Quotes::kWhenNeeded && !bytes.empty();
  if (is_plain) return put_hex(out, bytes);
  return put_text(out, quotes, is_hex ? to_hex(bytes) : to_base64(bytes));
}

}  // namespace osiris::filesystem
