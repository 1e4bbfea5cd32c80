#include "postgres/row_decoder.h"

#include <array>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "postgres/byte_order.h"
#include "postgres/connection.h"
#include "postgres/numeric_text.h"

namespace osiris::postgres {

namespace {

constexpr std::int32_t kEpochDays = 10'957;  ///< from 1970-01-01 to the server's 2000-01-01
constexpr std::size_t kJsonbVersionBytes = 1;
constexpr std::int64_t kEpochMicros = std::int64_t{kEpochDays} * 86'400'000'000;

[[noreturn]] void refuse_broken_rows() {
  throw Error(ErrorKind::kConnection, "connection.lost", "the server sent rows that are not whole",
              "see that nothing between here and the server changes the traffic");
}

/// The values of rows, one after the other; what the server sent is not trusted to be whole.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  void begin_row(std::size_t column_count) {
    if (end_ - at_ < 2 || load_big_endian<std::uint16_t>(at_) != column_count) refuse_broken_rows();
    at_ += 2;
  }
  /// Null where the value is null; the size is then left alone.
  const char* next(std::size_t& size) {
    if (end_ - at_ < 4) refuse_broken_rows();
    const auto length = load_big_endian<std::int32_t>(at_);
    at_ += 4;
    if (length < 0) return nullptr;
    if (end_ - at_ < length) refuse_broken_rows();
    const char* const value = at_;
    at_ += length;
    size = static_cast<std::size_t>(length);
    return value;
  }

 private:
  const char* at_;
  const char* end_;
};

/// The server's infinities are the type's extremes, ours the largest value and its negative.
template <typename T>
bool is_infinite(T value) {
  return value == std::numeric_limits<T>::min() || value == std::numeric_limits<T>::max();
}

template <typename T>
T infinity_like(T value) {
  return value > 0 ? std::numeric_limits<T>::max() : -std::numeric_limits<T>::max();
}

/// As the batch has it: the sign bit is flipped, so that numbers order as their texts do.
Hugeint to_uuid(const char* bytes) {
  constexpr auto kSign = std::uint64_t{1} << 63U;
  const auto high = load_big_endian<std::uint64_t>(bytes) ^ kSign;
  return {load_big_endian<std::uint64_t>(bytes + 8), static_cast<std::int64_t>(high)};
}

/// The bytes that a value of a fixed width has on the wire; 0 for the others.
std::size_t wire_width(Carry carry) {
  switch (carry) {
    case Carry::kBoolean:
      return 1;
    case Carry::kInt16:
      return 2;
    case Carry::kInt32:
    case Carry::kUint32:
    case Carry::kFloat:
    case Carry::kDate:
      return 4;
    case Carry::kInt64:
    case Carry::kDouble:
    case Carry::kTime:
    case Carry::kTimestamp:
      return 8;
    case Carry::kInterval:
    case Carry::kUuid:
      return 16;
    case Carry::kNumeric:
    case Carry::kBytes:
    case Carry::kText:
    case Carry::kJsonb:
    case Carry::kCast:
      break;
  }
  return 0;
}

}  // namespace

/// Puts the values of one batch into its columns.
class RowDecoder::Appender {
 public:
  Appender(const RowDecoder& decoder, const BinaryRows& rows, BatchBuilder& builder)
      : decoder_(&decoder), first_row_(rows.first_row), builder_(&builder) {}

  void append(std::size_t column, const char* value, std::size_t size) const;

 private:
  void append_numeric(std::size_t column, std::string_view value) const;
  void append_date(std::size_t column, std::int32_t value) const;
  void append_timestamp(std::size_t column, std::int64_t value) const;
  void append_interval(std::size_t column, const char* value) const;
  [[noreturn]] void refuse(std::size_t column, const char* code, std::string_view what) const;

  const RowDecoder* decoder_;
  std::uint64_t first_row_;
  BatchBuilder* builder_;
};

void RowDecoder::Appender::append(std::size_t column, const char* value, std::size_t size) const {
  const auto [carry, wire_width] = decoder_->columns_[column];
  if (wire_width != 0 && size != wire_width) refuse(column, "value.malformed", "not as long as its type");
  switch (carry) {
    case Carry::kBoolean:
      return builder_->append(column, static_cast<std::uint8_t>(*value != 0));
    case Carry::kInt16:
      return builder_->append(column, load_big_endian<std::int16_t>(value));
    case Carry::kInt32:
    case Carry::kUint32:
    case Carry::kFloat:
      return builder_->append(column, load_big_endian<std::uint32_t>(value));
    case Carry::kInt64:
    case Carry::kDouble:
    case Carry::kTime:
      return builder_->append(column, load_big_endian<std::uint64_t>(value));
    case Carry::kNumeric:
      return append_numeric(column, {value, size});
    case Carry::kDate:
      return append_date(column, load_big_endian<std::int32_t>(value));
    case Carry::kTimestamp:
      return append_timestamp(column, load_big_endian<std::int64_t>(value));
    case Carry::kInterval:
      return append_interval(column, value);
    case Carry::kUuid:
      return builder_->append(column, to_uuid(value));
    case Carry::kBytes:
    case Carry::kText:  // the server has looked at its UTF-8
    case Carry::kCast:
      return builder_->append(column, StringRef::of_kept(value, size));
    case Carry::kJsonb:
      if (size < kJsonbVersionBytes) refuse(column, "value.malformed", "without its version");
      return builder_->append(column,
                              StringRef::of_kept(value + kJsonbVersionBytes, size - kJsonbVersionBytes));
  }
}

void RowDecoder::Appender::append_numeric(std::size_t column, std::string_view value) const {
  if (!is_numeric(value)) refuse(column, "value.malformed", "no number");
  std::array<char, 64> text;
  const std::size_t room = numeric_room(value);
  if (room <= text.size()) {
    return builder_->append_text(column, {text.data(), print_numeric(text.data(), value)});
  }
  std::string longer(room, '\0');
  builder_->append_text(column, {longer.data(), print_numeric(longer.data(), value)});
}

void RowDecoder::Appender::append_date(std::size_t column, std::int32_t value) const {
  if (is_infinite(value)) return builder_->append(column, infinity_like(value));
  std::int32_t days = 0;
  if (__builtin_add_overflow(value, kEpochDays, &days) || is_infinite(days)) {
    refuse(column, "value.out_of_range", "a day after the year 5874897");
  }
  builder_->append(column, days);
}

void RowDecoder::Appender::append_timestamp(std::size_t column, std::int64_t value) const {
  if (is_infinite(value)) return builder_->append(column, infinity_like(value));
  std::int64_t micros = 0;
  if (__builtin_add_overflow(value, kEpochMicros, &micros) || is_infinite(micros)) {
    refuse(column, "value.out_of_range", "a time after the year 294246");
  }
  builder_->append(column, micros);
}

void RowDecoder::Appender::append_interval(std::size_t column, const char* value) const {
  const Interval interval{load_big_endian<std::int32_t>(value + 12), load_big_endian<std::int32_t>(value + 8),
                          load_big_endian<std::int64_t>(value)};
  if (is_infinite(interval.months) && is_infinite(interval.days) && is_infinite(interval.microseconds)) {
    refuse(column, "value.out_of_range", "an interval without end");
  }
  builder_->append(column, interval);
}

void RowDecoder::Appender::refuse(std::size_t column, const char* code, std::string_view what) const {
  const std::string& name = decoder_->schema_[column].name;
  throw Error(ErrorKind::kData, code,
              cat("row ", first_row_ + builder_->row_count(), ", column '", name, "' is ", what),
              cat("select ", quoted_name(name), "::text"));
}

RowDecoder::RowDecoder(const std::vector<ColumnPlan>& plans)
    : schema_(schema_of(plans)), format_(wire_format(plans)) {
  for (const ColumnPlan& plan : plans) columns_.push_back({plan.carry, wire_width(plan.carry)});
}

void RowDecoder::decode(const BinaryRows& rows, BatchBuilder& builder) const {
  const Appender appender(*this, rows, builder);
  Fields fields(rows.bytes);
  std::size_t size = 0;
  for (std::size_t row = 0; row < rows.row_count; ++row) {
    fields.begin_row(columns_.size());
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const char* const value = fields.next(size);
      if (value == nullptr) {
        builder.append_null(column);
      } else {
        appender.append(column, value, size);
      }
    }
    builder.end_row();
  }
}

std::vector<std::uint64_t> RowDecoder::count_nulls(const BinaryRows& rows) const {
  std::vector<std::uint64_t> counts(columns_.size());
  Fields fields(rows.bytes);
  std::size_t size = 0;
  for (std::size_t row = 0; row < rows.row_count; ++row) {
    fields.begin_row(columns_.size());
    for (std::uint64_t& count : counts) {
      if (fields.next(size) == nullptr) ++count;
    }
  }
  return counts;
}

}  // namespace osiris::postgres
