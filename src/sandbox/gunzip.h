#pragma once

#include "sandbox/multipart.h"

namespace osiris::sandbox {

/// The pieces of a body that came compressed by gzip, one member after the other.
/// Errors of its calls: kUser "http.bad_request" where it is no gzip, or ends too early.
PieceSource gunzipped(PieceSource pieces);

}  // namespace osiris::sandbox
