#include "format/flat_buffer.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace osiris {

namespace {

[[noreturn]] void throw_malformed_table() {
  throw Error(ErrorKind::kData, "arrow.malformed", "a message's tables lead out of the message");
}

/// Little-endian, with its sign.
std::int64_t loaded(std::string_view bytes, std::size_t at, std::size_t width) {
  if (at > bytes.size() || width > bytes.size() - at) throw_malformed_table();
  std::uint64_t value = 0;
  for (std::size_t byte = 0; byte < width; ++byte)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + byte])} << (8 * byte);
  const std::size_t unused = 64 - 8 * width;
  return static_cast<std::int64_t>(value << unused) >> unused;
}

std::size_t unsigned_at(std::string_view bytes, std::size_t at, std::size_t width) {
  return static_cast<std::size_t>(loaded(bytes, at, width)) & ((std::uint64_t{1} << (8 * width)) - 1);
}

/// Where a reference leads.
std::size_t followed(std::string_view bytes, std::size_t at) { return at + unsigned_at(bytes, at, 4); }

}  // namespace

void FlatBuffer::align(std::size_t size, std::size_t ahead) {
  bytes_.append((size - (bytes_.size() + ahead) % size) % size, '\0');
}

void FlatBuffer::put(Position at, std::uint64_t value, std::size_t width) {
  for (std::size_t byte = 0; byte < width; ++byte) bytes_[at + byte] = static_cast<char>(value >> (8 * byte));
}

void FlatBuffer::append(std::uint64_t value, std::size_t width) {
  bytes_.append(width, '\0');
  put(bytes_.size() - width, value, width);
}

FlatBuffer::Position FlatBuffer::table(const std::vector<Field>& fields) {
  // The widest first, so that each is aligned without gaps.
  std::vector<const Field*> ordered;
  std::size_t slot_count = 0;
  for (const Field& field : fields) {
    ordered.push_back(&field);
    slot_count = std::max(slot_count, field.index + 1);
  }
  std::ranges::stable_sort(ordered, std::greater<>(), &Field::width);
  std::map<std::size_t, std::size_t> offsets;
  std::size_t size = 4;
  for (const Field* field : ordered) {
    size += (field->width - size % field->width) % field->width;
    offsets[field->index] = size;
    size += field->width;
  }
  align(8, 4 + 2 * slot_count);
  const Position layout = bytes_.size();
  append(4 + 2 * slot_count, 2);
  append(size, 2);
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    const auto offset = offsets.find(slot);
    append(offset == offsets.end() ? 0 : offset->second, 2);
  }
  const Position table = bytes_.size();
  append(table - layout, 4);
  bytes_.append(size - 4, '\0');
  for (const Field& field : fields) {
    const Position at = table + offsets[field.index];
    put(at, field.refers_to ? field.refers_to(*this) - at : field.number, field.width);
  }
  return table;
}

FlatBuffer::Position FlatBuffer::text(std::string_view value) {
  align(4);
  const Position at = bytes_.size();
  append(value.size(), 4);
  bytes_ += value;
  bytes_ += '\0';
  return at;
}

FlatBuffer::Position FlatBuffer::tables(const std::vector<Write>& writers) {
  align(4);
  const Position at = bytes_.size();
  append(writers.size(), 4);
  bytes_.append(4 * writers.size(), '\0');
  for (std::size_t index = 0; index < writers.size(); ++index) {
    const Position place = at + 4 + 4 * index;
    put(place, writers[index](*this) - place, 4);
  }
  return at;
}

FlatBuffer::Position FlatBuffer::pairs(const std::vector<std::pair<std::int64_t, std::int64_t>>& values) {
  align(8, 4);
  const Position at = bytes_.size();
  append(values.size(), 4);
  for (const auto& [first, second] : values) {
    append(static_cast<std::uint64_t>(first), 8);
    append(static_cast<std::uint64_t>(second), 8);
  }
  return at;
}

std::string FlatBuffer::finish(Position root) && {
  put(0, root, 4);
  align(8);
  return std::move(bytes_);
}

FlatTable FlatTable::root(std::string_view bytes) { return {bytes, followed(bytes, 0)}; }

/// Where a field is; 0 where it is left out.
std::size_t FlatTable::field(std::size_t index) const {
  const std::int64_t layout = static_cast<std::int64_t>(at_) - loaded(bytes_, at_, 4);
  if (layout < 0) throw_malformed_table();
  const auto at = static_cast<std::size_t>(layout);
  if (4 + 2 * index >= unsigned_at(bytes_, at, 2)) return 0;
  const std::size_t offset = unsigned_at(bytes_, at + 4 + 2 * index, 2);
  return offset == 0 ? 0 : at_ + offset;
}

std::int64_t FlatTable::number(std::size_t index, std::size_t width, std::int64_t otherwise) const {
  const std::size_t at = field(index);
  return at == 0 ? otherwise : loaded(bytes_, at, width);
}

std::optional<FlatTable> FlatTable::table(std::size_t index) const {
  const std::size_t at = field(index);
  if (at == 0) return std::nullopt;
  return FlatTable(bytes_, followed(bytes_, at));
}

/// Where the elements of a vector begin, all of which are inside.
std::size_t FlatTable::vector(std::size_t index, std::size_t width, std::size_t& count) const {
  count = 0;
  const std::size_t at = field(index);
  if (at == 0) return 0;
  const std::size_t begin = followed(bytes_, at);
  count = unsigned_at(bytes_, begin, 4);
  if (count > (bytes_.size() - begin - 4) / width) throw_malformed_table();
  return begin + 4;
}

std::string_view FlatTable::text(std::size_t index) const {
  std::size_t count = 0;
  const std::size_t begin = vector(index, 1, count);
  return bytes_.substr(begin, count);
}

std::vector<FlatTable> FlatTable::tables(std::size_t index) const {
  std::size_t count = 0;
  const std::size_t begin = vector(index, 4, count);
  std::vector<FlatTable> tables;
  for (std::size_t element = 0; element < count; ++element)
    tables.push_back(FlatTable(bytes_, followed(bytes_, begin + 4 * element)));
  return tables;
}

std::vector<std::pair<std::int64_t, std::int64_t>> FlatTable::pairs(std::size_t index) const {
  std::size_t count = 0;
  const std::size_t begin = vector(index, 16, count);
  std::vector<std::pair<std::int64_t, std::int64_t>> values;
  for (std::size_t element = 0; element < count; ++element)
    values.emplace_back(loaded(bytes_, begin + 16 * element, 8), loaded(bytes_, begin + 16 * element + 8, 8));
  return values;
}

}  // namespace osiris
