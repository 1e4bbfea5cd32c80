#include "table/column_ranges.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "table/values.h"

namespace osiris {

namespace {

bool is_number(TypeId id) { return id <= TypeId::kDecimal; }

bool has_range(const ColumnType& type) {
  switch (type.type.id) {
    case TypeId::kBoolean:
      return false;
    case TypeId::kFloat:
    case TypeId::kDouble:
      return type.encoding == Encoding::kNative;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return true;
    default:
      return is_number(type.type.id);
  }
}

bool operator<(const Hugeint& left, const Hugeint& right) {
  return left.high != right.high ? left.high < right.high : left.low < right.low;
}

template <typename T>
bool is_comparable(const T& value) {
  if constexpr (std::is_floating_point_v<T>) {
    return !std::isnan(value);
  } else {
    return true;
  }
}

/// The first eight bytes, the first one highest; zeros where the text is shorter.
std::uint64_t first_bytes(const StringRef& ref) {
  std::uint64_t bytes = 0;
  // The text inside of a StringRef is filled up with zeros.
  std::memcpy(&bytes, ref.length <= StringRef::kInlined ? ref.prefix : ref.pointer, sizeof bytes);
  return std::endian::native == std::endian::little ? __builtin_bswap64(bytes) : bytes;
}

/// So many bytes of a text an order_key() has.
constexpr std::size_t kNumberKeyBytes = 6, kTextKeyBytes = 8;

/// A number in the order of the values, as far as its bytes go: where two keys differ, so do the values,
/// alike. Dates and times come in the order of their texts. Numbers are printed with the same count of
/// decimals, so that the longer one is the greater; the key of a negative one is turned around.
std::uint64_t order_key(const StringRef& ref, bool is_number) {
  const std::uint64_t first = first_bytes(ref);
  if (!is_number) return first;
  constexpr std::uint64_t kPositive = std::uint64_t{1} << 63;
  constexpr unsigned kLengthShift = 55;
  const bool is_negative = first >> 56 == '-';
  const std::uint64_t size =
      std::min<std::uint64_t>(ref.length, 255) << kLengthShift | first >> (64 - kLengthShift);
  return is_negative ? ~size & ~kPositive : size | kPositive;
}

bool comes_before(std::string_view left, std::string_view right, bool is_number) {
  if (!is_number) return left < right;
  const bool is_negative = left.starts_with('-');
  if (is_negative != right.starts_with('-')) return is_negative;
  if (is_negative) std::swap(left, right);
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

template <typename Take>
void for_each_value(const ColumnView& column, std::size_t row_count, Take take) {
  if (column.validity == nullptr) {
    for (std::size_t row = 0; row < row_count; ++row) take(row);
    return;
  }
  for (std::size_t row = 0; row < row_count; ++row) {
    if (column.is_valid(row)) take(row);
  }
}

}  // namespace

ColumnRanges::ColumnRanges(const Schema& schema) : schema_(schema), trackers_(schema_.size()) {
  for (std::size_t column = 0; column < schema_.size(); ++column)
    trackers_[column].type = has_range(schema_[column]) ? &schema_[column] : nullptr;
}

template <typename T>
void ColumnRanges::add_native(Tracker& tracker, const ColumnView& column, std::size_t row_count) {
  T least{}, greatest{};
  bool has_values = tracker.has_values;
  std::memcpy(&least, tracker.least.bytes, sizeof(T));
  std::memcpy(&greatest, tracker.greatest.bytes, sizeof(T));
  const T* values = column.as<T>();
  for_each_value(column, row_count, [&](std::size_t row) {
    const T value = values[row];
    if (!is_comparable(value)) return;
    if (!has_values || value < least) least = value;
    if (!has_values || greatest < value) greatest = value;
    has_values = true;
  });
  tracker.has_values = has_values;
  std::memcpy(tracker.least.bytes, &least, sizeof(T));
  std::memcpy(tracker.greatest.bytes, &greatest, sizeof(T));
}

void ColumnRanges::add_texts(Tracker& tracker, const ColumnView& column, std::size_t row_count) {
  const bool number = is_number(tracker.type->type.id);
  const std::size_t whole_bytes = number ? kNumberKeyBytes : kTextKeyBytes;
  const auto* values = column.as<StringRef>();
  const StringRef *least = nullptr, *greatest = nullptr;
  std::uint64_t lowest = std::numeric_limits<std::uint64_t>::max(), highest = 0;
  for_each_value(column, row_count, [&](std::size_t row) {
    const StringRef& value = values[row];
    const std::uint64_t key = order_key(value, number);
    // Equal keys of longer texts tell nothing.
    const bool is_whole = value.length <= whole_bytes;
    if (least == nullptr || key < lowest ||
        (key == lowest && !is_whole && comes_before(value.view(), least->view(), number))) {
      least = &value;
      lowest = key;
    }
    if (greatest == nullptr || key > highest ||
        (key == highest && !is_whole && comes_before(greatest->view(), value.view(), number))) {
      greatest = &value;
      highest = key;
    }
  });
  if (least == nullptr) return;  // there are only nulls
  if (!tracker.has_values || comes_before(least->view(), tracker.least.text, number))
    tracker.least.text = least->view();
  if (!tracker.has_values || comes_before(tracker.greatest.text, greatest->view(), number))
    tracker.greatest.text = greatest->view();
  tracker.has_values = true;
}

void ColumnRanges::add_column(Tracker& tracker, const ColumnView& column, std::size_t row_count) {
  if (tracker.type->encoding == Encoding::kText) return add_texts(tracker, column, row_count);
  const LogicalType& type = tracker.type->type;
  const bool is_signed = type.id < TypeId::kUint8 || type.id > TypeId::kUint64;
  if (type.id == TypeId::kFloat) return add_native<float>(tracker, column, row_count);
  if (type.id == TypeId::kDouble) return add_native<double>(tracker, column, row_count);
  switch (native_width(type)) {
    case sizeof(std::int8_t):
      return is_signed ? add_native<std::int8_t>(tracker, column, row_count)
                       : add_native<std::uint8_t>(tracker, column, row_count);
    case sizeof(std::int16_t):
      return is_signed ? add_native<std::int16_t>(tracker, column, row_count)
                       : add_native<std::uint16_t>(tracker, column, row_count);
    case sizeof(std::int32_t):
      return is_signed ? add_native<std::int32_t>(tracker, column, row_count)
                       : add_native<std::uint32_t>(tracker, column, row_count);
    case sizeof(std::int64_t):
      return is_signed ? add_native<std::int64_t>(tracker, column, row_count)
                       : add_native<std::uint64_t>(tracker, column, row_count);
    default:
      return add_native<Hugeint>(tracker, column, row_count);
  }
}

void ColumnRanges::add(const Batch& batch) {
  is_blind_ = is_blind_ || !batch.has_columns();
  if (is_blind_) return;
  for (std::size_t column = 0; column < trackers_.size(); ++column) {
    if (trackers_[column].type != nullptr)
      add_column(trackers_[column], batch.column(column), batch.row_count());
  }
}

ColumnRanges::Range ColumnRanges::range(std::size_t column) const {
  const Tracker& tracker = trackers_[column];
  if (is_blind_ || !tracker.has_values) return {};
  if (tracker.type->encoding == Encoding::kText) return {tracker.least.text, tracker.greatest.text};
  Range range;
  append_value_text(range.least, {nullptr, tracker.least.bytes}, 0, *tracker.type);
  append_value_text(range.greatest, {nullptr, tracker.greatest.bytes}, 0, *tracker.type);
  return range;
}

}  // namespace osiris
