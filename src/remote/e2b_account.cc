#include "remote/e2b_account.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace osiris::remote {

namespace {

/// Domains whose sandboxes are behind one host, which a header leads into.
constexpr std::array<std::string_view, 4> kSharedDomains{"e2b.app", "e2b.dev", "e2b.pro", "e2b-staging.dev"};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

E2bAccount E2bAccount::of(const Environment& environment) {
  const Environment::Variable* const key = environment.find("E2B_API_KEY");
  if (key == nullptr) {
    throw Error(ErrorKind::kUser, "remote.no_key", "a run in E2B needs a key: E2B_API_KEY is not set",
                "export it or write it into .env; `osiris sandbox serve` gives sandboxes of your own");
  }
  E2bAccount account;
  account.api_key = key->value;
  account.domain = environment.plain("E2B_DOMAIN").value_or(account.domain);
  account.api_url =
      without_slash(environment.plain("E2B_API_URL").value_or(cat("https://api.", account.domain)));
  if (const auto url = environment.plain("E2B_SANDBOX_URL")) account.sandbox_url = without_slash(*url);
  return account;
}

std::string E2bAccount::envd_url(const std::string& sandbox_id, const std::string& told_domain) const {
  if (sandbox_url) return *sandbox_url;
  const std::string& at = told_domain.empty() ? domain : told_domain;
  const bool is_shared = std::ranges::find(kSharedDomains, at) != kSharedDomains.end();
  return is_shared ? cat("https://sandbox.", at) : cat("https://", kEnvdPort, "-", sandbox_id, ".", at);
}

}  // namespace osiris::remote
