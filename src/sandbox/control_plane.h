#pragma once

#include <string>

#include "base/json.h"
#include "sandbox/http_exchange.h"
#include "sandbox/sandbox_table.h"
#include "sandbox/template_store.h"

namespace osiris::sandbox {

/// What the server decides for its sandboxes, whatever a client asks for.
struct ControlRules {
  Network network = Network::kAllowed;  ///< the most that a sandbox gets
  std::string envd_version;
};

/// E2B's control plane: makes, lists, pauses and ends sandboxes, and builds templates. Its callers have shown
/// the server's key already. A path that it does not have is "sandbox.unimplemented".
class ControlPlane {
 public:
  ControlPlane(SandboxTable& sandboxes, TemplateStore& templates, ControlRules rules)
      : sandboxes_(sandboxes), templates_(templates), rules_(std::move(rules)) {}

  void answer(HttpExchange& exchange);

 private:
  void answer_sandboxes(HttpExchange& exchange, const std::vector<std::string>& words, bool is_second);
  void answer_sandbox(HttpExchange& exchange, const std::vector<std::string>& words, bool is_second);
  void answer_templates(HttpExchange& exchange, const std::vector<std::string>& words,
                        const std::string& version);

  void create(HttpExchange& exchange, bool is_second);
  void list(HttpExchange& exchange, bool is_second);
  void answer_metrics(HttpExchange& exchange);
  void connect(HttpExchange& exchange, const SandboxTable::Entry& sandbox, const Json& body, bool is_second);
  void resume(HttpExchange& exchange, const SandboxTable::Entry& sandbox, const Json& body);
  void pause(HttpExchange& exchange, const SandboxTable::Entry& sandbox);

  SandboxFacts wanted(const Json& body, bool is_second) const;
  Json made(const Sandbox& sandbox) const;
  Json listed(const Sandbox& sandbox) const;
  Json detailed(const Sandbox& sandbox) const;

  SandboxTable& sandboxes_;
  TemplateStore& templates_;
  const ControlRules rules_;
};

}  // namespace osiris::sandbox
