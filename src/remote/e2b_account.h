#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "project/environment.h"

namespace osiris::remote {

/// Where E2B is and who asks, by the variables that E2B's own SDK reads: E2B_API_KEY, E2B_DOMAIN,
/// E2B_API_URL, E2B_SANDBOX_URL.
struct E2bAccount {
  /// Errors: kUser "remote.no_key".
  static E2bAccount of(const Environment& environment);

  /// The address of envd in a sandbox. `domain` is what creating it said, where it said one.
  std::string envd_url(const std::string& sandbox_id, const std::string& domain) const;

  Secret api_key;
  std::string domain = "e2b.app";
  std::string api_url;                     ///< without a slash at its end
  std::optional<std::string> sandbox_url;  ///< one address for all sandboxes
};

/// The port of envd in a sandbox.
inline constexpr int kEnvdPort = 49983;

}  // namespace osiris::remote
