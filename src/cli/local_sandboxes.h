#pragma once

#include "remote/e2b_account.h"
#include "sandbox/server.h"

namespace osiris::cli {

/// What every server of sandboxes that this program runs has in common.
sandbox::ServerOptions usual_server_options(const Secret& key);
/// A key that nobody has yet.
Secret new_sandbox_key();

/// A server of sandboxes in this process, for as long as the object lives. It is made before any other
/// thread, as StopSignals wants to be.
class LocalSandboxes {
 public:
  /// Errors: those of sandbox::Server.
  explicit LocalSandboxes(const sandbox::Limits& limits);

  /// Who is served: this process alone has the key.
  const remote::E2bAccount& account() const { return account_; }

 private:
  static sandbox::ServerOptions options(const Secret& key, const sandbox::Limits& limits);

  Secret key_;
  sandbox::Server server_;
  remote::E2bAccount account_;
};

}  // namespace osiris::cli
