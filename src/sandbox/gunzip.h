#pragma once

#include <memory>
#include <string_view>

#include "sandbox/multipart.h"

namespace osiris::sandbox {

/// Uncompresses gzip, one member after the other, while it comes.
class Gunzip {
 public:
  explicit Gunzip(ByteSource source);
  ~Gunzip();

  /// The next piece; empty at the end. Errors: kUser "http.bad_request" where it is no gzip, or ends too
  /// early.
  std::string_view read();

 private:
  struct Stream;

  ByteSource source_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace osiris::sandbox
