#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "session/events.h"

namespace osiris {

/// A text as HTML shows it, also inside of an attribute's double quotes. Characters that turn the direction
/// of what follows are shown by their names: unbalanced, they would turn the page.
std::string escaped(std::string_view text);
/// Outside text, which keeps its direction to itself.
std::string isolated(std::string_view text);
/// The word of a status, in its colour.
std::string status_word(SessionStatus status);
/// A table whose cells are HTML. `numbers`: the columns that are set to the right.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& numbers = {});
/// A part of a page with its heading; nothing where the body is empty.
std::string section(const std::string& id, const std::string& title, const std::string& body);
/// JSON inside of a script element: nothing in it can end that.
std::string script_json(const Json& value);
/// A template with each {{name}} replaced by its value, once: what values contain is left alone.
/// Requires: every name of the template is given.
std::string filled(std::string_view page, const Json& values);

}  // namespace osiris
