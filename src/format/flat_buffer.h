#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osiris {

/// A flatbuffer, written from its root on: whatever refers stands before what it refers to. Numbers are
/// little-endian whatever the machine's are. Source: flatbuffers.dev, "FlatBuffers Binary Format".
class FlatBuffer {
 public:
  using Position = std::size_t;
  /// Writes something after what is there, and says where it is.
  using Write = std::function<Position(FlatBuffer&)>;

  /// A table's field: a number of 1, 2, 4 or 8 bytes, or a reference.
  struct Field {
    std::size_t index;  ///< in the order of the schema
    std::size_t width;
    std::uint64_t number = 0;
    Write refers_to{};  ///< with width 4
  };
  static Field number(std::size_t index, std::size_t width, std::uint64_t value) {
    return {index, width, value};
  }
  static Field reference(std::size_t index, Write write) { return {index, 4, 0, std::move(write)}; }

  /// Requires: the root is the first thing that is written.
  FlatBuffer() : bytes_(sizeof(std::uint32_t), '\0') {}

  Position table(const std::vector<Field>& fields);
  Position text(std::string_view value);
  Position tables(const std::vector<Write>& writers);
  /// Structs of two 64-bit numbers.
  Position pairs(const std::vector<std::pair<std::int64_t, std::int64_t>>& values);

  /// The bytes, `root` being their root, filled to a multiple of 8.
  std::string finish(Position root) &&;

 private:
  void align(std::size_t size, std::size_t ahead = 0);
  void put(Position at, std::uint64_t value, std::size_t width);
  void append(std::uint64_t value, std::size_t width);

  std::string bytes_;
};

/// A table of a flatbuffer that somebody else wrote. What leads out of the bytes throws.
/// Errors: kData "arrow.malformed".
class FlatTable {
 public:
  static FlatTable root(std::string_view bytes);

  /// A number; `otherwise` where it is left out.
  std::int64_t number(std::size_t index, std::size_t width, std::int64_t otherwise = 0) const;
  std::optional<FlatTable> table(std::size_t index) const;
  std::string_view text(std::size_t index) const;
  std::vector<FlatTable> tables(std::size_t index) const;
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs(std::size_t index) const;

 private:
  FlatTable(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  std::size_t field(std::size_t index) const;
  std::size_t vector(std::size_t index, std::size_t width, std::size_t& count) const;

  std::string_view bytes_;
  std::size_t at_;
};

}  // namespace osiris
