#pragma once

#include <string>
#include <string_view>

namespace osiris::supabase {

/// load_function.sql as it stands.
std::string_view load_function_text();
/// The same for the tables of a schema.
std::string load_function_for(const std::string& schema);

}  // namespace osiris::supabase
