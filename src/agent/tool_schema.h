#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

/// The pieces that the schemas of our tools are made of, and reading what they let through.
namespace osiris {

/// An object; the names in `required` must be there, and no other than those of `properties` may.
Json object_schema(const Json& properties, const std::vector<std::string>& required = {});
/// An object of which only some members are told.
Json open_object_schema(const Json& properties, const std::vector<std::string>& required = {});
/// A text of at least one character.
Json text_schema(const std::string& description, std::size_t most_characters = 1000);
/// An array of objects.
Json object_list();

std::optional<std::string> optional_text(const Json& arguments, const char* name);

}  // namespace osiris
