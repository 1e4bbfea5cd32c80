#include "python/arrow_reader.h"

#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "format/flat_buffer.h"
#include "python/arrow_type.h"
#include "table/values.h"
#include "table/wide_integer.h"

namespace osiris::python {

namespace {

/// What the text of a wide decimal or an interval is made of.
constexpr std::string_view kLettersOfValues = "0123456789+-.: adehmnorsty";

[[noreturn]] void throw_malformed_message(const std::string& what) {
  throw Error(ErrorKind::kData, "arrow.malformed", cat("a message is not as Arrow has it: ", what));
}

/// The header's table of a message, and its body.
struct OpenedMessage {
  std::int64_t kind;
  FlatTable header;
  std::string_view body;
};

OpenedMessage opened(std::string_view message) {
  std::uint32_t marker = 0, size = 0;
  if (message.size() < 8) throw_malformed_message("it is cut off");
  std::memcpy(&marker, message.data(), sizeof marker);
  std::memcpy(&size, message.data() + 4, sizeof size);
  if (marker != 0xFFFFFFFF || size > message.size() - 8) throw_malformed_message("it is cut off");
  const FlatTable root = FlatTable::root(message.substr(8, size));
  const auto header = root.table(2);
  if (!header) throw_malformed_message("it has no header");
  return {root.number(1, 1), *header, message.substr(8 + size)};
}

/// What Schema.fbs has for a number of a type that is left out.
std::int64_t default_of(std::uint8_t id, std::size_t index) {
  constexpr std::int64_t kMilliseconds = 1;
  if (id == 7 && index == 2) return 128;
  if ((id == 8 || id == 9) && index == 0) return kMilliseconds;
  return id == 9 && index == 1 ? 32 : 0;
}

/// Whether the field's type is the one that we print for ours.
bool is_type_of(const FlatTable& field, const ArrowType& type) {
  if (field.number(2, 1) != type.id || field.table(4)) return false;
  const auto table = field.table(3);
  for (const FlatBuffer::Field& number : type.numbers) {
    const std::int64_t otherwise = default_of(type.id, number.index);
    const std::int64_t value = table ? table->number(number.index, number.width, otherwise) : otherwise;
    if (value != static_cast<std::int64_t>(number.number)) return false;
  }
  return true;
}

ColumnType read_field(const FlatTable& field) {
  ColumnType column;
  column.name = field.text(0);
  std::string name;
  for (const FlatTable& pair : field.tables(6)) {
    if (pair.text(0) == kTypeKey) name = pair.text(1);
  }
  const auto type = parse_type(name);
  if (!type || !is_type_of(field, arrow_type(*type))) {
    throw Error(ErrorKind::kData, "arrow.unknown_type",
                cat("the column '", column.name, "' has no type that there is: '", name, "'"));
  }
  column.type = *type;
  // A wide decimal has no native form, and of an interval only a time is read back.
  const bool is_wide = type->id == TypeId::kDecimal && type->precision > 38;
  if (is_wide || type->id == TypeId::kInterval) column.encoding = Encoding::kText;
  return column;
}

Hugeint uuid_of(const char* bytes) {
  std::uint64_t high = 0, low = 0;
  for (std::size_t byte = 0; byte < 8; ++byte) {
    high = high << 8U | static_cast<unsigned char>(bytes[byte]);
    low = low << 8U | static_cast<unsigned char>(bytes[8 + byte]);
  }
  return {low, static_cast<std::int64_t>(high ^ (std::uint64_t{1} << 63U))};
}

Int128 power_of_ten(std::uint8_t exponent) {
  Int128 power = 1;
  for (std::uint8_t digit = 0; digit < exponent; ++digit) power *= 10;
  return power;
}

}  // namespace

/// The values of one column of a message, all of whose buffers are inside it.
class ArrowReader::Column {
 public:
  explicit Column(const ColumnType& type)
      : type_(&type),
        form_(arrow_type(type.type).form),
        width_(form_ == Form::kBytes ? 0 : native_width(type.type)) {
    if (form_ == Form::kDecimal) bound_ = power_of_ten(type.type.precision);
  }

  std::size_t buffer_count() const { return form_ == Form::kBytes ? 3 : 2; }

  void take(const std::string_view* buffers, std::size_t rows, std::int64_t null_count) {
    const auto need = [&](std::string_view buffer, std::size_t bytes) {
      if (buffer.size() < bytes)
        throw_malformed_message(cat("a buffer is too small: column '", type_->name, "'"));
      return buffer.data();
    };
    validity_ = null_count == 0 ? nullptr : need(buffers[0], (rows + 7) / 8);
    if (form_ == Form::kBytes) {
      offsets_ = rows == 0 ? nullptr : need(buffers[1], (rows + 1) * sizeof(std::int32_t));
      bytes_ = buffers[2];
    } else {
      const std::size_t width = form_ == Form::kDecimal ? kDecimalWidth
                                : form_ == Form::kUuid  ? kUuidWidth
                                                        : width_;
      data_ = form_ == Form::kBits ? need(buffers[1], (rows + 7) / 8) : need(buffers[1], rows * width);
    }
  }

  std::size_t text_bytes(std::size_t row) const {
    return form_ == Form::kBytes && is_valid(row) ? text(row).size() : 0;
  }

  void append(BatchBuilder& builder, std::size_t index, std::size_t row, std::uint64_t row_number) const {
    if (!is_valid(row)) return builder.append_null(index);
    switch (form_) {
      case Form::kBits:
        builder.append(index, static_cast<std::uint8_t>(bit(data_, row)));
        break;
      case Form::kFixed:
        if (type_->type.id == TypeId::kTime) check_time(row, row_number);
        builder.append_native(index, data_ + row * width_);
        break;
      case Form::kDecimal:
        append_decimal(builder, index, row, row_number);
        break;
      case Form::kUuid:
        builder.append(index, uuid_of(data_ + row * kUuidWidth));
        break;
      case Form::kBytes:
        append_bytes(builder, index, row, row_number);
        break;
    }
  }

 private:
  static bool bit(const char* bits, std::size_t at) {
    return (static_cast<unsigned char>(bits[at / 8]) >> (at % 8) & 1U) != 0;
  }
  bool is_valid(std::size_t row) const { return validity_ == nullptr || bit(validity_, row); }

  std::string_view text(std::size_t row) const {
    std::int32_t begin = 0, end = 0;
    std::memcpy(&begin, offsets_ + row * sizeof begin, sizeof begin);
    std::memcpy(&end, offsets_ + (row + 1) * sizeof end, sizeof end);
    if (begin < 0 || end < begin || static_cast<std::size_t>(end) > bytes_.size())
      throw_malformed_message(cat("a text leads out of it: column '", type_->name, "'"));
    return bytes_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }

  [[noreturn]] void refuse(const char* code, std::uint64_t row_number, const std::string& what) const {
    throw Error(ErrorKind::kData, code, cat("row ", row_number, ", column '", type_->name, "': ", what));
  }

  void check_time(std::size_t row, std::uint64_t row_number) const {
    std::int64_t micros = 0;
    std::memcpy(&micros, data_ + row * sizeof micros, sizeof micros);
    if (micros < 0 || micros > kMicrosPerDay)
      refuse("value.out_of_range", row_number, "it is no time of a day");
  }

  void append_decimal(BatchBuilder& builder, std::size_t index, std::size_t row,
                      std::uint64_t row_number) const {
    Hugeint value;
    std::memcpy(&value, data_ + row * sizeof value, sizeof value);
    const Int128 number = to_int128(value);
    if (number >= bound_ || number <= -bound_)
      refuse("value.out_of_range", row_number, cat("it has more digits than ", to_string(type_->type)));
    switch (width_) {
      case 2:
        return builder.append(index, static_cast<std::int16_t>(number));
      case 4:
        return builder.append(index, static_cast<std::int32_t>(number));
      case 8:
        return builder.append(index, static_cast<std::int64_t>(number));
      default:
        return builder.append(index, value);
    }
  }

  void append_bytes(BatchBuilder& builder, std::size_t index, std::size_t row,
                    std::uint64_t row_number) const {
    const std::string_view bytes = text(row);
    if (type_->type.id != TypeId::kBytes && find_invalid_utf8(bytes) != std::string_view::npos)
      refuse("value.invalid_utf8", row_number, "it is not UTF-8");
    if (type_->encoding == Encoding::kText &&
        bytes.find_first_not_of(kLettersOfValues) != std::string_view::npos)
      refuse("value.out_of_range", row_number, cat("it is no ", to_string(type_->type), ": '", bytes, "'"));
    if (type_->encoding == Encoding::kText || is_string(type_->type))
      return builder.append_text(index, bytes);
    std::array<char, sizeof(Hugeint)> value{};
    if (parse_native(bytes, type_->type, value.data()) != Parsed::kExact)
      refuse("value.out_of_range", row_number, cat("it is no ", to_string(type_->type), ": '", bytes, "'"));
    builder.append_native(index, value.data());
  }

  const ColumnType* type_;
  Form form_;
  std::size_t width_;
  Int128 bound_ = 0;
  const char* validity_ = nullptr;
  const char* data_ = nullptr;
  const char* offsets_ = nullptr;
  std::string_view bytes_;
};

ArrowReader::ArrowReader(std::string_view schema_message, NextMessage next_message)
    : next_message_(std::move(next_message)) {
  const OpenedMessage schema = opened(schema_message);
  if (schema.kind != kSchemaMessage) throw_malformed_message("the first one is no schema");
  for (const FlatTable& field : schema.header.tables(1)) schema_.push_back(read_field(field));
  for (const ColumnType& column : schema_) columns_.emplace_back(column);
  builder_ = std::make_unique<BatchBuilder>(schema_);
}
ArrowReader::~ArrowReader() = default;

bool ArrowReader::read_message() {
  if (is_over_) return false;
  is_over_ = !next_message_(message_);
  if (is_over_) return false;
  rows_before_ += row_count_;
  const OpenedMessage batch = opened(message_);
  if (batch.kind != kRecordBatchMessage) throw_malformed_message("it is no record batch");
  if (batch.header.table(3)) throw_malformed_message("it is compressed");
  const auto nodes = batch.header.pairs(1), places = batch.header.pairs(2);
  const std::int64_t length = batch.header.number(0, 8);
  std::size_t buffer_count = 0;
  for (const Column& column : columns_) buffer_count += column.buffer_count();
  if (length < 0 || nodes.size() != columns_.size() || places.size() != buffer_count)
    throw_malformed_message("its columns are not those of the schema");
  std::vector<std::string_view> buffers;
  for (const auto& [offset, size] : places) {
    const bool is_inside =
        offset >= 0 && size >= 0 && static_cast<std::uint64_t>(offset) <= batch.body.size() &&
        static_cast<std::uint64_t>(size) <= batch.body.size() - static_cast<std::uint64_t>(offset);
    if (!is_inside) throw_malformed_message("a buffer leads out of it");
    buffers.push_back(batch.body.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
  }
  row_ = 0;
  row_count_ = static_cast<std::size_t>(length);
  if (row_count_ > 0 && columns_.empty()) throw_malformed_message("it has rows and no columns");
  if (row_count_ > 8 * message_.size()) throw_malformed_message("it has fewer bytes than rows");
  const std::string_view* next = buffers.data();
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    if (nodes[index].first != length) throw_malformed_message("its columns have different lengths");
    columns_[index].take(next, row_count_, nodes[index].second);
    next += columns_[index].buffer_count();
  }
  return true;
}

std::optional<Batch> ArrowReader::next() {
  while (true) {
    if (row_ == row_count_) {
      if (read_message()) continue;
      if (builder_->row_count() > 0) return builder_->finish();
      return std::nullopt;
    }
    std::size_t bytes = 0;
    for (const Column& column : columns_) bytes += column.text_bytes(row_);
    if (builder_->row_count() > 0 && builder_->is_full(bytes)) return builder_->finish();
    for (std::size_t index = 0; index < columns_.size(); ++index)
      columns_[index].append(*builder_, index, row_, rows_before_ + row_ + 1);
    builder_->end_row();
    ++row_;
  }
}

}  // namespace osiris::python
