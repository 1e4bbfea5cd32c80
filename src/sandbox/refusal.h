#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace osiris::sandbox {

/// What a peer is told of an error: the status of HTTP and the word of Connect.
struct Refusal {
  int status;
  std::string_view word;
};

/// By the error's code; whatever has no row is 500, "internal".
Refusal refusal_of(const Error& error);

/// {"code":404,"message":"..."}
std::string refusal_json(int status, std::string_view message);

/// The phrase of a status line; "Status" for one that the program never sends.
std::string_view reason_of(int status);

}  // namespace osiris::sandbox
