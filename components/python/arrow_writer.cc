#include "python/arrow_writer.h"

#include <array>
#include <bit>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "format/flat_buffer.h"
#include "python/arrow_type.h"
#include "table/values.h"
#include "table/wide_integer.h"

namespace osiris::python {

namespace {

static_assert(std::endian::native == std::endian::little, "columns are copied as they are");

constexpr std::uint64_t kMetadataV5 = 4;

/// The message without its body, which has so many bytes and comes behind.
std::string message_head(std::uint8_t kind, const FlatBuffer::Write& header, std::size_t body_bytes,
                         std::string message = {}) {
  FlatBuffer buffer;
  const auto root = buffer.table({FlatBuffer::number(0, 2, kMetadataV5), FlatBuffer::number(1, 1, kind),
                                  FlatBuffer::reference(2, header), FlatBuffer::number(3, 8, body_bytes)});
  const std::string metadata = std::move(buffer).finish(root);
  message.clear();
  message.reserve(8 + metadata.size() + body_bytes);
  message.append(4, '\xFF');
  const auto size = static_cast<std::uint32_t>(metadata.size());
  message.append(reinterpret_cast<const char*>(&size), sizeof size);
  message += metadata;
  return message;
}

constexpr std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

FlatBuffer::Position write_field(FlatBuffer& buffer, const ColumnType& column) {
  const ArrowType type = arrow_type(column.type);
  std::vector<FlatBuffer::Field> type_fields = type.numbers;
  if (type.has_zone)
    type_fields.push_back(FlatBuffer::reference(1, [](FlatBuffer& into) { return into.text("UTC"); }));
  const auto text = [](std::string_view value) {
    return [value](FlatBuffer& into) { return into.text(value); };
  };
  const std::string name = to_string(column.type);
  const FlatBuffer::Write pair = [&](FlatBuffer& into) {
    return into.table({FlatBuffer::reference(0, text(kTypeKey)), FlatBuffer::reference(1, text(name))});
  };
  return buffer.table({FlatBuffer::reference(0, text(column.name)), FlatBuffer::number(1, 1, 1),
                       FlatBuffer::number(2, 1, type.id),
                       FlatBuffer::reference(3, [&](FlatBuffer& into) { return into.table(type_fields); }),
                       FlatBuffer::reference(5, [](FlatBuffer& into) { return into.tables({}); }),
                       FlatBuffer::reference(6, [&](FlatBuffer& into) { return into.tables({pair}); })});
}

/// A UUID's bytes from its number, most significant first, and back.
std::array<char, kUuidWidth> uuid_bytes(const Hugeint& value) {
  std::array<char, kUuidWidth> bytes{};
  const std::uint64_t high = static_cast<std::uint64_t>(value.high) ^ (std::uint64_t{1} << 63U);
  for (std::size_t byte = 0; byte < 8; ++byte) {
    bytes[byte] = static_cast<char>(high >> (56 - 8 * byte));
    bytes[8 + byte] = static_cast<char>(value.low >> (56 - 8 * byte));
  }
  return bytes;
}

}  // namespace

/// The values of one column on their way into a message.
class ArrowWriter::Column {
 public:
  explicit Column(const ColumnType& type) : type_(type), form_(arrow_type(type.type).form) { clear(); }

  void clear() {
    validity_.clear();
    data_.clear();
    offsets_.assign(1, 0);
    row_count_ = null_count_ = 0;
  }
  std::size_t byte_count() const { return data_.size() + offsets_.size() * sizeof(std::int32_t); }
  std::pair<std::int64_t, std::int64_t> node() const {
    return {static_cast<std::int64_t>(row_count_), static_cast<std::int64_t>(null_count_)};
  }

  void look_at(const ColumnView& view, std::size_t row_count) {
    const bool is_printed = type_.encoding == Encoding::kText && form_ != Form::kBytes;
    decoded_.reset();
    if (is_printed) decoded_.emplace(view, row_count, type_);
    view_ = is_printed ? decoded_->view() : view;
  }

  void add(std::size_t begin, std::size_t end) {
    add_validity(begin, end);
    add_values(view_, begin, end);
    row_count_ += end - begin;
  }

  /// The column's buffers, in Arrow's order.
  std::vector<std::string_view> buffers() const {
    std::vector<std::string_view> buffers{null_count_ == 0 ? std::string_view()
                                                           : std::string_view(validity_)};
    if (form_ == Form::kBytes) {
      buffers.emplace_back(reinterpret_cast<const char*>(offsets_.data()),
                           offsets_.size() * sizeof(std::int32_t));
    }
    buffers.emplace_back(data_);
    return buffers;
  }

 private:
  void add_validity(std::size_t begin, std::size_t end) {
    validity_.resize((row_count_ + end - begin + 7) / 8, '\xFF');
    for (std::size_t row = begin; row < end && view_.validity != nullptr; ++row) {
      if (view_.is_valid(row)) continue;
      const std::size_t at = row_count_ + row - begin;
      validity_[at / 8] = static_cast<char>(validity_[at / 8] & ~(1 << (at % 8)));
      ++null_count_;
    }
  }

  static void set_bit(std::string& bits, std::size_t at, bool value) {
    if (value) bits[at / 8] = static_cast<char>(bits[at / 8] | 1 << (at % 8));
  }

  void add_values(const ColumnView& view, std::size_t begin, std::size_t end) {
    switch (form_) {
      case Form::kBits:
        data_.resize((row_count_ + end - begin + 7) / 8);
        for (std::size_t row = begin; row < end; ++row)
          set_bit(data_, row_count_ + row - begin, view.is_valid(row) && view.as<std::uint8_t>()[row] != 0);
        break;
      case Form::kFixed: {
        const std::size_t width = native_width(type_.type);
        data_.append(view.as<char>() + begin * width, (end - begin) * width);
        break;
      }
      case Form::kDecimal:
        for (std::size_t row = begin; row < end; ++row) add_decimal(view, row);
        break;
      case Form::kUuid:
        for (std::size_t row = begin; row < end; ++row) {
          const auto bytes = uuid_bytes(view.is_valid(row) ? view.as<Hugeint>()[row] : Hugeint{});
          data_.append(bytes.data(), bytes.size());
        }
        break;
      case Form::kBytes:
        for (std::size_t row = begin; row < end; ++row) {
          if (view.is_valid(row)) add_text(view, row);
          offsets_.push_back(static_cast<std::int32_t>(data_.size()));
        }
        check_size();
        break;
    }
  }

  void check_size() const {
    if (data_.size() <= std::numeric_limits<std::int32_t>::max()) return;
    throw Error(ErrorKind::kData, "arrow.too_large",
                cat("a batch has more than 2 GiB in a column: '", type_.name, "'"), "take smaller batches");
  }

  void add_decimal(const ColumnView& view, std::size_t row) {
    Hugeint value;
    if (view.is_valid(row)) {
      const auto from = [&](auto number) { value = to_hugeint(number); };
      switch (native_width(type_.type)) {
        case 2:
          from(view.as<std::int16_t>()[row]);
          break;
        case 4:
          from(view.as<std::int32_t>()[row]);
          break;
        case 8:
          from(view.as<std::int64_t>()[row]);
          break;
        default:
          value = view.as<Hugeint>()[row];
      }
    }
    data_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void add_text(const ColumnView& view, std::size_t row) {
    const std::size_t begin = data_.size();
    if (type_.encoding == Encoding::kText || is_string(type_.type)) {
      data_ += view.text(row);
    } else {
      append_value_text(data_, view, row, type_);
    }
    if (type_.type.id == TypeId::kBytes) return;
    if (find_invalid_utf8(std::string_view(data_).substr(begin)) == std::string_view::npos) return;
    throw Error(ErrorKind::kData, "value.invalid_utf8", cat("a text is not UTF-8: column '", type_.name, "'"),
                "read the column as bytes, or convert it where it is read");
  }

  ColumnType type_;
  Form form_;
  ColumnView view_;  ///< of the batch whose rows come
  std::optional<NativeColumn> decoded_;
  std::string validity_, data_;
  std::vector<std::int32_t> offsets_;
  std::size_t row_count_ = 0, null_count_ = 0;
};

ArrowWriter::ArrowWriter(const Schema& schema) : schema_(schema) {
  for (const ColumnType& column : schema) columns_.emplace_back(column);
}
ArrowWriter::ArrowWriter(ArrowWriter&&) noexcept = default;
ArrowWriter::~ArrowWriter() = default;

std::string ArrowWriter::schema_message() const {
  std::vector<FlatBuffer::Write> fields;
  for (const ColumnType& column : schema_)
    fields.emplace_back([&column](FlatBuffer& into) { return write_field(into, column); });
  return message_head(
      kSchemaMessage,
      [&](FlatBuffer& buffer) {
        return buffer.table(
            {FlatBuffer::reference(1, [&](FlatBuffer& into) { return into.tables(fields); })});
      },
      0);
}

void ArrowWriter::look_at(const Batch& batch) {
  for (std::size_t index = 0; index < columns_.size(); ++index)
    columns_[index].look_at(batch.column(index), batch.row_count());
}

void ArrowWriter::add(std::size_t begin, std::size_t end) {
  for (Column& column : columns_) column.add(begin, end);
  row_count_ += end - begin;
}

std::size_t ArrowWriter::byte_count() const {
  std::size_t bytes = 0;
  for (const Column& column : columns_) bytes += column.byte_count();
  return bytes;
}

std::string ArrowWriter::batch_message(std::string used) {
  std::vector<std::pair<std::int64_t, std::int64_t>> nodes, places;
  std::vector<std::string_view> buffers;
  std::size_t body_bytes = 0;
  for (const Column& column : columns_) {
    nodes.push_back(column.node());
    for (const std::string_view buffer : column.buffers()) {
      places.emplace_back(body_bytes, buffer.size());
      buffers.push_back(buffer);
      body_bytes += padded(buffer.size());
    }
  }
  std::string message = message_head(
      kRecordBatchMessage,
      [&](FlatBuffer& buffer) {
        return buffer.table({FlatBuffer::number(0, 8, row_count_),
                             FlatBuffer::reference(1, [&](FlatBuffer& into) { return into.pairs(nodes); }),
                             FlatBuffer::reference(2, [&](FlatBuffer& into) { return into.pairs(places); })});
      },
      body_bytes, std::move(used));
  for (const std::string_view buffer : buffers) {
    message += buffer;
    message.append(padded(buffer.size()) - buffer.size(), '\0');
  }
  for (Column& column : columns_) column.clear();
  row_count_ = 0;
  return message;
}

}  // namespace osiris::python
