#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace osiris {

static_assert(std::endian::native == std::endian::little);

/// Sixteen bytes that are compared at once: one instruction each on x86-64 and arm64.
class ByteBlock {
 public:
  static constexpr std::size_t kSize = 16;

  /// Requires: 16 readable bytes.
  static ByteBlock load(const char* bytes) {
    ByteBlock block;
    std::memcpy(&block.lanes_, bytes, kSize);
    return block;
  }
  /// The first and the last 8 bytes of a short text. Requires: 8 ≤ size ≤ 16.
  static ByteBlock load_ends(const char* bytes, std::size_t size) {
    ByteBlock block;
    std::memcpy(&block.lanes_, bytes, kSize / 2);
    std::memcpy(reinterpret_cast<char*>(&block.lanes_) + kSize / 2, bytes + size - kSize / 2, kSize / 2);
    return block;
  }
  void store(char* out) const { std::memcpy(out, &lanes_, kSize); }

  /// Which bytes are one of four: byte i of the result is 0xFF where byte i of the block is.
  struct Hits {
    std::uint64_t low, high;

    bool any() const { return (low | high) != 0; }
    /// Bit i is 1 where byte i is a hit.
    unsigned mask() const { return packed(low) | packed(high) << 8U; }
    /// The index of the first hit. Requires: any().
    std::size_t first() const {
      return static_cast<std::size_t>(low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high)) / 8;
    }

   private:
    friend class ByteBlock;
    /// Eight bytes of 0 or 0xFF as eight bits: the product moves bit 8i to bit 56 + i.
    static unsigned packed(std::uint64_t bytes) {
      return static_cast<unsigned>((bytes & 0x0101010101010101U) * 0x0102040810204080U >> 56U);
    }
  };

  using Lanes = std::uint8_t __attribute__((vector_size(kSize)));

  /// Four bytes to look for, each in all sixteen places.
  class Four {
   public:
    Four(char a, char b, char c, char d) : a_(filled(a)), b_(filled(b)), c_(filled(c)), d_(filled(d)) {}

   private:
    friend class ByteBlock;
    static Lanes filled(char byte) {
      Lanes lanes;
      std::memset(&lanes, byte, kSize);
      return lanes;
    }
    Lanes a_, b_, c_, d_;
  };

  Hits find(char wanted) const {
    const auto equal = lanes_ == Four::filled(wanted);
    Hits hits{};
    std::memcpy(&hits, &equal, kSize);
    return hits;
  }
  Hits find(const Four& wanted) const {
    const auto equal =
        (lanes_ == wanted.a_) | (lanes_ == wanted.b_) | (lanes_ == wanted.c_) | (lanes_ == wanted.d_);
    Hits hits{};
    std::memcpy(&hits, &equal, kSize);
    return hits;
  }

 private:
  Lanes lanes_;
};

}  // namespace osiris
