#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace osiris {

/// A row of docs/reference/errors.md, which is part of the program.
struct ErrorCode {
  std::string area, code, kind, meaning, remedy;
};

/// The rows of the page, in its order.
const std::vector<ErrorCode>& error_codes();

/// Errors: kUser "agent.unknown_code" with near ones.
const ErrorCode& explain(std::string_view code);

Json to_json(const ErrorCode& code);

}  // namespace osiris
