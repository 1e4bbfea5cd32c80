#pragma once

#include "base/error.h"
#include "base/json.h"

namespace osiris {

/// The `error` object of every document that a program reads.
Json error_json(const Error& error);

}  // namespace osiris
