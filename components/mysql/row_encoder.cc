#include "mysql/row_encoder.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "mysql/column.h"
#include "mysql/target_column.h"
#include "table/values.h"

namespace osiris::mysql {

namespace {

constexpr std::size_t kArenaBlockBytes = std::size_t{1} << 18;
constexpr std::size_t kMostNumberBytes = 24;

bool is_moment_or_date(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampTz;
}

bool is_true(std::string_view text) {
  return text == "1" || text == "true" || text == "t" || text == "TRUE" || text == "T";
}

/// Four digits, for the server takes '0' and '24' for years of this century.
std::string_view year_text(std::string_view text, TextArena& arena) {
  constexpr std::size_t kDigits = 4;
  if (text.size() >= kDigits) return text;
  char* const at = arena.room(kDigits);
  std::fill_n(at, kDigits - text.size(), '0');
  return arena.keep(std::ranges::copy(text, at + kDigits - text.size()).out);
}

/// A number's bytes, the highest first, as a BIT column holds them.
std::string_view bit_bytes(std::string_view text, TextArena& arena) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  char* const at = arena.room(sizeof number);
  const int significant = std::max(1, (static_cast<int>(std::bit_width(number)) + 7) / 8);
  char* out = at;
  for (int byte = significant - 1; byte >= 0; --byte) {
    *out++ = static_cast<char>(number >> (8U * static_cast<unsigned>(byte)));
  }
  return arena.keep(out);
}

/// EWKB as the server holds a geometry: the SRID, lowest byte first, then WKB without it.
Fit server_geometry(std::string_view ewkb, TextArena& arena, std::string_view& text) {
  constexpr std::size_t kHeadBytes = 5;  // byte order, type
  constexpr std::size_t kSridBytes = 4;
  constexpr unsigned char kHasSrid = 0x20;
  if (ewkb.size() < kHeadBytes) return Fit::kMalformed;
  const bool is_little_endian = ewkb[0] == 1;
  const std::size_t flags_at = is_little_endian ? 4 : 1;
  const bool has_srid = (static_cast<unsigned char>(ewkb[flags_at]) & kHasSrid) != 0;
  if (has_srid && ewkb.size() < kHeadBytes + kSridBytes) return Fit::kMalformed;
  char* const at = arena.room(ewkb.size() + kSridBytes);
  std::memset(at, 0, kSridBytes);
  if (has_srid) {
    std::memcpy(at, ewkb.data() + kHeadBytes, kSridBytes);
    if (!is_little_endian) std::reverse(at, at + kSridBytes);
  }
  char* const head = at + kSridBytes;
  std::memcpy(head, ewkb.data(), kHeadBytes);
  head[flags_at] = static_cast<char>(static_cast<unsigned char>(head[flags_at]) & ~unsigned{kHasSrid});
  const std::string_view rest = ewkb.substr(kHeadBytes + (has_srid ? kSridBytes : 0));
  text = arena.keep(std::ranges::copy(rest, head + kHeadBytes).out);
  return Fit::kFits;
}

}  // namespace

char* TextArena::room(std::size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t block_size = std::max(size, kArenaBlockBytes);
    blocks_.push_back({std::make_unique<char[]>(block_size), block_size});
  }
  return blocks_[block_].bytes.get() + used_;
}

std::string_view TextArena::keep(const char* end) {
  const char* const begin = blocks_[block_].bytes.get() + used_;
  const auto size = static_cast<std::size_t>(end - begin);
  used_ += size;
  return {begin, size};
}

void TextArena::clear() {
  block_ = 0;
  used_ = 0;
}

CellEncoder::CellEncoder(const ColumnType& source, const MatchedColumn& match, bool is_key)
    : source_(match.source),
      type_(source),
      target_(match.target),
      passage_(passage_of(source, match.target)),
      is_key_(is_key) {
  if (is_moment_or_date(target_.type.id)) type_.style.hide_zone = true;
}

Fit CellEncoder::encode(const ColumnView& column, std::size_t row, TextArena& arena, Cell& cell) const {
  if (!column.is_valid(row)) {
    cell.reset();
    return target_.is_nullable && !is_key_ ? Fit::kFits : Fit::kNull;
  }
  std::string_view text;
  const Fit fit = encode_value(column, row, arena, text);
  cell = text;
  return fit;
}

std::string_view CellEncoder::text_of(const ColumnView& column, std::size_t row, TextArena& arena) const {
  if (type_.encoding == Encoding::kText || is_string(type_.type)) return column.text(row);
  return arena.keep(print_native(arena.room(kMaxPrintedBytes), column, row, type_));
}

Fit CellEncoder::encode_value(const ColumnView& column, std::size_t row, TextArena& arena,
                              std::string_view& text) const {
  text = text_of(column, row, arena);
  switch (passage_.form) {
    case Form::kVerbatim:
    case Form::kPrinted:
      return passage_.check(text);
    case Form::kTruth:
      text = is_true(text) ? "1" : "0";
      return passage_.check(text);
    case Form::kYear:
      if (const Fit fit = passage_.check(text); fit != Fit::kFits) return fit;
      text = year_text(text, arena);
      return Fit::kFits;
    case Form::kBits:
      if (const Fit fit = passage_.check(text); fit != Fit::kFits) return fit;
      text = bit_bytes(text, arena);
      return Fit::kFits;
    case Form::kUtc:
      if (has_zone(text)) {
        const auto micros = utc_microseconds(text);
        if (!micros) return Fit::kMalformed;
        const ColumnView moment{nullptr, &*micros};
        ColumnType plain;
        plain.type = {TypeId::kTimestamp};
        text = arena.keep(print_native(arena.room(kMaxPrintedBytes), moment, 0, plain));
      }
      return passage_.check(text);
    case Form::kGeometry:
      return server_geometry(text, arena, text);
  }
  return Fit::kFits;
}

Error CellEncoder::misfit(Fit fit, const ColumnView& column, std::size_t row) const {
  constexpr std::size_t kMostShown = 80;
  struct Words {
    const char* code;
    std::string what;
    const char* hint;
  };
  const auto words = [&]() -> Words {
    switch (fit) {
      case Fit::kNull:
        if (is_key_)
          return {"load.null_key", "a null in the primary key",
                  "a row without its key cannot be found again"};
        return {"value.null", "a null for a column that takes none",
                "replace nulls in the query, or let the column be null"};
      case Fit::kTooLong:
        return {"value.too_long", cat("longer than ", target_.declared, " holds"),
                "make the column longer, or cut the value in the query"};
      case Fit::kNotUtf8:
        return {"value.invalid_utf8", "not UTF-8", "give the table's column a binary type"};
      case Fit::kOutOfRange:
        return {"value.out_of_range", cat("beyond what ", target_.declared, " holds exactly"),
                "give the table's column a larger type, or round the value in the query"};
      default:
        return {"value.malformed", cat("not a value of type ", target_.declared),
                "correct the value at its source, or give the column another type"};
    }
  }();
  std::string shown;
  if (fit != Fit::kNull && fit != Fit::kNotUtf8 && type_.type.id != TypeId::kBytes) {
    append_value_text(shown, column, row, type_);
    shown = shown.size() <= kMostShown && is_valid_utf8(shown) ? cat(": '", shown, "'") : "";
  }
  return {ErrorKind::kData, words.code,
          cat("column '", target_.name, "' gets ", fit == Fit::kNull ? "" : "a value that is ", words.what,
              shown),
          words.hint};
}

RowEncoder::RowEncoder(const Schema& schema, const TableMatch& match, const std::vector<std::string>& key,
                       std::optional<std::uint64_t> first_staged_row, RowPolicy& policy)
    : next_staged_row_(first_staged_row), policy_(&policy) {
  const auto is_key = [&](const TargetColumn& column) {
    return first_staged_row && std::ranges::any_of(key, [&](const std::string& name) {
             return to_lower(name) == to_lower(column.name);
           });
  };
  for (const MatchedColumn& column : match.columns) {
    encoders_.emplace_back(schema[column.source], column, is_key(column.target));
  }
  cells_.resize(cell_count());
}

std::optional<std::span<const Cell>> RowEncoder::encode(const Batch& batch, std::size_t row) {
  for (std::size_t index = 0; index < encoders_.size(); ++index) {
    const CellEncoder& encoder = encoders_[index];
    const ColumnView& column = batch.column(encoder.source());
    const Fit fit = encoder.encode(column, row, arena_, cells_[index]);
    if (fit == Fit::kFits) continue;
    policy_->refuse(batch, row, encoder.source(), encoder.misfit(fit, column, row));
    return std::nullopt;
  }
  if (next_staged_row_) {
    char* const at = arena_.room(kMostNumberBytes);
    cells_.back() = arena_.keep(std::to_chars(at, at + kMostNumberBytes, (*next_staged_row_)++).ptr);
  }
  return std::span<const Cell>(cells_);
}

}  // namespace osiris::mysql
