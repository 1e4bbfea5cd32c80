#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/connection.h"

namespace osiris::postgres {

/// The rows of a result, one after the other, in the binary form of COPY.
class RowStream {
 public:
  virtual ~RowStream() = default;
  /// Nothing after the last row. The bytes live until the next call.
  virtual std::optional<std::string_view> next() = 0;
};

/// COPY (…) TO STDOUT (FORMAT binary), the road with the least work on both sides.
std::unique_ptr<RowStream> open_copy(Connection& connection, const std::string& statement);
/// What COPY cannot wrap, SHOW: a small result, all of it text.
std::unique_ptr<RowStream> open_text(Connection& connection, const std::string& statement);

}  // namespace osiris::postgres
