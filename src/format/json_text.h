#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace osiris {

bool is_json_space(char c);

/// Where the value ends that begins at a place, or npos where none does. Checks the whole grammar, save that
/// a text is UTF-8 and that an escaped surrogate has its other half. Source: RFC 8259.
std::size_t end_of_json_value(std::string_view text, std::size_t at);
/// The same for a string with its quotes.
std::size_t end_of_json_string(std::string_view text, std::size_t at);

/// Appends what is between the quotes of a JSON string, without its escapes; false where one is malformed or
/// is half a surrogate pair.
bool append_unescaped(std::string& out, std::string_view text);

/// Appends a string in quotes, with the escapes that JSON wants. Requires: UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace osiris
