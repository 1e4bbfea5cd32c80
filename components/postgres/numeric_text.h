#pragma once

#include <cstddef>
#include <string_view>

namespace osiris::postgres {

/// Whether these bytes are as long as they say, so that the functions below can read them.
bool is_numeric(std::string_view value);
/// The most bytes that print_numeric() writes for this value. Requires: is_numeric(value).
std::size_t numeric_room(std::string_view value);
/// Writes the server's own text of a binary numeric at `out` and returns its end: "-0.50", "NaN".
///
/// Requires: numeric_room(value) bytes at `out`.
/// Source:   PostgreSQL 15, src/backend/utils/adt/numeric.c, numeric_send() and get_str_from_var().
char* print_numeric(char* out, std::string_view value);

}  // namespace osiris::postgres
