#pragma once

#include <string>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

/// The error that the work throws, as "place: code: message", without a place where it has none.
template <typename Work>
std::string error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    const std::string place = error.location().empty() ? "" : error.location().to_string() + ": ";
    return cat(place, error.code(), ": ", error.message());
  }
  return "no error";
}

/// The hint of the error that the work throws.
template <typename Work>
std::string hint_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.hint();
  }
  return "no error";
}

}  // namespace osiris
