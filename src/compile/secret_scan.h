#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "compile/diagnostics.h"

namespace osiris {

/// Something in a text that looks like a secret.
struct SecretFinding {
  std::size_t offset = 0;  ///< in bytes
  std::string_view what;   ///< "a private key"; never the secret itself
};

/// Looks for private keys, JSON web tokens, addresses and connection strings with a password, and tokens
/// whose shape a service has made known. A variable, ${…}, is none; nor is a stand-in such as *** or
/// <password>.
std::vector<SecretFinding> find_secrets(std::string_view text);

/// Reports each secret anywhere in a pipeline file, values, keys and comments alike, with its place; returns
/// whether there is one. Code: "oml.inline_secret".
bool refuse_secrets(std::string_view oml, const std::string& file, Diagnostics& diagnostics);
/// The same for the values of parameters, which may come from outside the file.
bool refuse_secrets_in_params(const Json& params, const std::string& file, Diagnostics& diagnostics);

}  // namespace osiris
