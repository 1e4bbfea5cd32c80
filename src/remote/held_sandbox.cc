#include "remote/held_sandbox.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris::remote {

namespace {

constexpr auto kRenewEvery = kSandboxLifetime / 4;

}  // namespace

HeldSandbox::HeldSandbox(const E2bAccount& account, const SandboxAddress& address, Session& session)
    : account_(account), id_(address.id), session_(session), heartbeat_([this] { beat(); }) {}

HeldSandbox::~HeldSandbox() {
  end_.cancel();
  heartbeat_.join();
  try {
    Cancellation never;
    E2bClient(account_, never).kill(id_);
    session_.emit(SandboxDeleted{id_});
  } catch (const Error& error) {
    session_.emit(Warning{"", "remote.not_deleted",
                          cat("the sandbox ", id_, " may still be there: ", error.message()),
                          cat("osiris e2b kill ", id_, "; it ends by itself within ten minutes")});
  }
}

void HeldSandbox::beat() {
  while (wait_for(kRenewEvery, end_)) {
    try {
      E2bClient(account_, end_).set_lifetime(id_, kSandboxLifetime);
    } catch (const Error&) {
      // The next beat comes in time.
    }
  }
}

}  // namespace osiris::remote
