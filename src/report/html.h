#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace osiris {

/// A text as HTML shows it, also inside of an attribute's double quotes. Characters that turn the direction
/// of what follows are shown by their names: unbalanced, they would turn the page.
std::string escaped(std::string_view text);
/// JSON inside of a script element: nothing in it can end that.
std::string script_json(const Json& value);
/// A template with each {{name}} replaced by its value, once: what values contain is left alone.
/// Requires: every name of the template is given.
std::string filled(std::string_view page, const Json& values);

}  // namespace osiris
