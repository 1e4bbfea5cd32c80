#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "format/byte_source.h"

namespace osiris {

enum class Compression { kNone, kGzip, kZstd };

/// What the key `compression` says of a file: none, gzip, zstd, or that its name decides (.gz, .zst).
Compression compression_of(std::string_view word, std::string_view path);

/// Makes the error for bytes that cannot be decompressed, of why not.
using DamageError = std::function<Error(std::string_view why)>;

/// The bytes that were compressed; those of several gzip members or zstd frames follow each other.
/// Errors: what `damage` makes, where bytes are wrong, or missing at the end.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source, Compression compression,
                                         DamageError damage);

/// Compresses what is written to it, in one member or frame.
/// Shape: the same bytes for the same calls of write().
class Compressor {
 public:
  virtual ~Compressor() = default;
  /// Returns compressed bytes that are ready; valid until the next call.
  virtual std::string_view write(std::string_view bytes) = 0;
  /// Returns the last of them.
  virtual std::string_view finish() = 0;
};

enum class Effort {
  kUsual,  ///< the libraries' defaults
  kHigh,   ///< for what is compressed once and sent often
};

/// Null for kNone.
std::unique_ptr<Compressor> make_compressor(Compression compression, Effort effort = Effort::kUsual);

}  // namespace osiris
