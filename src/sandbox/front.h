#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "sandbox/chaos.h"
#include "sandbox/control_plane.h"
#include "sandbox/http_exchange.h"
#include "sandbox/sandbox_table.h"
#include "sandbox/template_store.h"

namespace osiris::sandbox {

/// What meets every request first: it checks where the request comes from and what it may, and hands it to
/// the control plane or to the sandbox that it names.
class Front {
 public:
  /// `chaos` may be null.
  Front(SandboxTable& sandboxes, TemplateStore& templates, ControlPlane& control_plane, const Secret& key,
        Chaos* chaos)
      : sandboxes_(sandboxes),
        templates_(templates),
        control_plane_(control_plane),
        key_(key),
        chaos_(chaos) {}

  void answer(HttpExchange& exchange);

 private:
  void answer_sandbox(HttpExchange& exchange, const std::string& id, const ChaosFault& fault);
  SandboxTable::Entry addressed(const HttpHead& head, const std::string& id) const;
  void answer_control(HttpExchange& exchange);

  SandboxTable& sandboxes_;
  TemplateStore& templates_;
  ControlPlane& control_plane_;
  const Secret& key_;
  Chaos* chaos_;
};

/// The sandbox that a request names: by its header, or by its Host, "49983-<id>.<domain>". Empty: none.
/// Errors: kUser "sandbox.unimplemented" for another port than envd's.
std::string sandbox_of(const HttpHead& head);

/// Refuses what a page in a browser sends from somewhere else, or by a name of this machine that is not its
/// own. Errors: kUser "sandbox.permission_denied".
void check_origin(const HttpHead& head);

}  // namespace osiris::sandbox
