#pragma once

#include <optional>
#include <string>
#include <thread>

#include "base/cancellation.h"
#include "remote/e2b_client.h"
#include "session/session.h"

namespace osiris::remote {

/// A host that vanished leaves its sandbox no longer than this.
inline constexpr std::chrono::seconds kSandboxLifetime{600};

/// Keeps a sandbox alive, and deletes it when the object goes, whatever becomes of the run.
class HeldSandbox {
 public:
  HeldSandbox(const E2bAccount& account, const SandboxAddress& address, Session& session);
  HeldSandbox(const HeldSandbox&) = delete;
  HeldSandbox& operator=(const HeldSandbox&) = delete;
  ~HeldSandbox();

 private:
  void beat();

  const E2bAccount& account_;
  std::string id_;
  Session& session_;
  Cancellation end_;
  std::jthread heartbeat_;
};

}  // namespace osiris::remote
