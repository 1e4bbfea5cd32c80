#include "sandbox/front.h"

#include <algorithm>
#include <array>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/call_message.h"
#include "sandbox/file_signature.h"
#include "sandbox/random_text.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

namespace {

/// Source: E2B's port of the program inside a sandbox.
constexpr const char* kEnvdPort = "49983";

std::string host_name(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
  return to_lower(host.substr(0, host.find(':')));
}

/// "49983-i1234.example.com": the port and the sandbox. Nothing where the name is of another form.
std::optional<std::pair<std::string, std::string>> port_and_sandbox(const std::string& name) {
  const std::string label = name.substr(0, name.find('.'));
  const std::size_t dash = label.find('-');
  if (dash == std::string::npos || !parse_integer(label.substr(0, dash))) return std::nullopt;
  const std::string id = label.substr(dash + 1);
  return std::pair(label.substr(0, dash), id.substr(0, id.find('-')));
}

bool is_envd_path(std::string_view path) {
  static constexpr std::array<std::string_view, 3> kPrefixes{"/process.", "/filesystem.", "/files/"};
  return path == "/files" || path == "/envs" ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return path.starts_with(prefix); });
}

void answer_gone(HttpExchange& exchange, const std::string& id) {
  const Json body{{"sandboxId", id}, {"message", "The sandbox was not found"}, {"code", 502}};
  exchange.answer_json(502, message_text(body));
}

void wait_for_client(HttpExchange& exchange) {
  constexpr std::chrono::milliseconds kTurn{20};
  while (!exchange.is_abandoned()) std::this_thread::sleep_for(kTurn);
  throw Error(ErrorKind::kConnection, "connection.lost", "the peer of a request went away");
}

/// Whether the fault was the answer.
bool answer_fault(HttpExchange& exchange, const ChaosFault& fault, const std::string& id) {
  if (fault.delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(fault.delay_ms));
  if (fault.hangs) wait_for_client(exchange);
  if (fault.is_gone) {
    answer_gone(exchange, id);
  } else if (fault.status != 0) {
    exchange.answer_json(
        fault.status,
        refusal_json(fault.status, fault.message.empty() ? "a fault was asked for" : fault.message));
  }
  return fault.is_gone || fault.status != 0;
}

void check_token(const HttpHead& head, const SandboxFacts& facts) {
  constexpr std::int64_t kMsPerSecond = 1000;
  if (facts.token.empty() || head.path == "/health") return;
  if (is_same_secret(std::string(head.header("x-access-token")), facts.token.reveal())) return;
  if (head.path == "/files" && has_signature(head, facts.token, now_ms() / kMsPerSecond)) return;
  throw Error(ErrorKind::kUser, "sandbox.unauthenticated",
              "the access token or the signature is missing or wrong");
}

}  // namespace

std::string sandbox_of(const HttpHead& head) {
  if (const std::string_view id = head.header("e2b-sandbox-id"); !id.empty()) {
    const std::string_view port = head.header("e2b-sandbox-port");
    if (!port.empty() && port != kEnvdPort)
      throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                  cat("this server reaches no other port of a sandbox: '", port, "'"));
    return std::string(id.substr(0, id.find('-')));
  }
  const auto named = port_and_sandbox(host_name(head.header("host")));
  if (!named) return {};
  if (named->first != kEnvdPort)
    throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                cat("this server reaches no other port of a sandbox: '", named->first, "'"));
  return named->second;
}

void check_origin(const HttpHead& head) {
  const std::string name = host_name(head.header("host"));
  const bool is_local =
      name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name.ends_with(".localhost");
  // A sandbox's name cannot be guessed, so nobody makes a browser send it here.
  if (!is_local && !port_and_sandbox(name))
    throw Error(ErrorKind::kUser, "sandbox.permission_denied",
                cat("this server does not go by that name: '", name, "'"));
  const std::string_view origin = head.header("origin");
  const std::string own = cat("http://", head.header("host"));
  if ((!origin.empty() && origin != own) || head.header("sec-fetch-site") == "cross-site")
    throw Error(ErrorKind::kUser, "sandbox.permission_denied", "this server answers no page of another site");
}

void Front::answer(HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  check_origin(head);
  const std::string id = sandbox_of(head);
  const ChaosFault fault = chaos_ == nullptr ? ChaosFault() : chaos_->fault_of(head);
  if (fault.expires) {
    if (const auto sandbox = sandboxes_.find(id)) sandboxes_.set_end(sandbox, 0);
  }
  if (answer_fault(exchange, fault, id)) return;
  if (!id.empty() || is_envd_path(head.path)) return answer_sandbox(exchange, id, fault);
  answer_control(exchange);
}

SandboxTable::Entry Front::addressed(const HttpHead& head, const std::string& id) const {
  constexpr std::int64_t kMsPerSecond = 1000;
  if (!id.empty()) return sandboxes_.find(id);
  // A signed URL names no sandbox where all have one address: it is the one whose token has signed it.
  for (const auto& sandbox : sandboxes_.all()) {
    if (head.path == "/files" && has_signature(head, sandbox->facts().token, now_ms() / kMsPerSecond))
      return sandbox;
  }
  throw Error(ErrorKind::kUser, "sandbox.unauthenticated",
              "the request names no sandbox, and no token of one has signed it");
}

void Front::answer_sandbox(HttpExchange& exchange, const std::string& id, const ChaosFault& fault) {
  constexpr std::int64_t kResumedMs = 300'000;
  const HttpHead& head = exchange.head();
  if (!is_envd_path(head.path) && head.path != "/health" && head.path != "/metrics")
    throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                cat("a sandbox does not have the call '", head.method, " ", head.path, "'"));
  const SandboxTable::Entry sandbox = addressed(head, id);
  if (sandbox == nullptr) return answer_gone(exchange, id);
  check_token(head, sandbox->facts());
  if (sandbox->state() == SandboxState::kPaused) {
    if (!sandbox->facts().resumes_by_request) return answer_gone(exchange, sandbox->facts().id);
    sandboxes_.resume(sandbox, kResumedMs);
  }
  const auto link = sandbox->connect();
  if (link == nullptr || !relay(exchange, link->descriptor(), fault.cut))
    answer_gone(exchange, sandbox->facts().id);
}

void Front::answer_control(HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  if (head.path == "/health") return exchange.answer(204, "", "");
  if (head.path.starts_with("/uploads/") && head.method == "PUT") {
    templates_.take_upload(head.path.substr(std::string_view("/uploads/").size()), exchange);
    return exchange.answer(200, "", "");
  }
  if (!is_same_secret(std::string(head.header("x-api-key")), key_.reveal()))
    throw Error(ErrorKind::kUser, "sandbox.unauthenticated", "Invalid API key, please check your API key");
  control_plane_.answer(exchange);
}

}  // namespace osiris::sandbox
