#include "sandbox/control_plane.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "sandbox/call_message.h"
#include "sandbox/random_text.h"
#include "sandbox/sandbox_list.h"

namespace osiris::sandbox {

namespace {

constexpr std::size_t kMostBodyBytes = 1 << 20;
constexpr std::int64_t kMsPerSecond = 1000;
/// Source: E2B's API.
constexpr std::int64_t kFirstDefaultS = 15, kSecondDefaultS = 300, kLeastRefreshS = 15, kMostRefreshS = 3600;
constexpr std::int64_t kMostHours = 24, kMostSeconds = kMostHours * 3600;
constexpr std::uint64_t kBytesPerMb = 1 << 20;

[[noreturn]] void refuse_call(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", message);
}

[[noreturn]] void refuse_missing_call(const HttpHead& head) {
  throw Error(ErrorKind::kUser, "sandbox.unimplemented",
              cat("this server does not have the call '", head.method, " ", head.path, "'"));
}

Json body_of(HttpExchange& exchange) {
  const std::string text = exchange.whole_body(kMostBodyBytes);
  if (is_blank(text)) return Json::object();
  Json body = parse_peer_json(text);
  if (!body.is_object()) refuse_call("the body is no JSON object");
  return body;
}

/// The member; null where it is missing or null.
const Json& member(const Json& body, const char* name) {
  static const Json kNull;
  const auto found = body.find(name);
  return found == body.end() ? kNull : *found;
}

std::int64_t seconds_of(const Json& body, const char* name, std::int64_t otherwise) {
  const Json& value = member(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_number_integer()) refuse_call(cat("a whole number of seconds is wanted: '", name, "'"));
  const auto seconds = value.get<std::int64_t>();
  if (seconds < 0) refuse_call("Timeout must be greater than 0");
  if (seconds > kMostSeconds) refuse_call(cat("Timeout cannot be greater than ", kMostHours, " hours"));
  return seconds;
}

bool flag_of(const Json& body, const char* name, bool otherwise) {
  const Json& value = member(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) refuse_call(cat("true or false is wanted: '", name, "'"));
  return value.get<bool>();
}

std::map<std::string, std::string> texts_of(const Json& body, const char* name) {
  std::map<std::string, std::string> texts;
  const Json& value = member(body, name);
  if (value.is_null()) return texts;
  if (!value.is_object()) refuse_call(cat("an object of texts is wanted: '", name, "'"));
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) refuse_call(cat("an object of texts is wanted: '", name, "'"));
    texts[key] = text.get<std::string>();
  }
  return texts;
}

void check_variables(const std::map<std::string, std::string>& variables) {
  for (const auto& [name, value] : variables) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        value.find('\0') != std::string::npos)
      refuse_call(cat("that is no name of a variable: '", name, "'"));
  }
}

void check_unsupported(const Json& body) {
  for (const char* name : {"volumeMounts", "mcp", "iam"}) {
    if (!member(body, name).empty())
      throw Error(ErrorKind::kUser, "sandbox.unimplemented", cat("this server does not have '", name, "'"));
  }
}

/// All or nothing of the network can be kept from a sandbox; single addresses cannot.
Network network_of(const Json& body, Network most) {
  bool is_allowed = flag_of(body, "allow_internet_access", true);
  const Json& rules = member(body, "network");
  for (const char* name : {"allowOut", "rules", "egressProxy"}) {
    if (rules.is_object() && !member(rules, name).empty())
      throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                  cat("this server does not have 'network.", name, "'"));
  }
  if (rules.is_object() && !member(rules, "denyOut").empty()) {
    if (member(rules, "denyOut") != Json::array({"0.0.0.0/0"}))
      throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                  "this server denies the whole network or nothing of it");
    is_allowed = false;
  }
  return is_allowed ? most : std::max(most, Network::kLoopback);
}

std::string id_of(const std::string& text) { return text.substr(0, text.find('-')); }

SandboxTable::Entry existing(const SandboxTable& table, const std::string& text) {
  auto found = table.find(id_of(text));
  if (found == nullptr)
    throw Error(ErrorKind::kUser, "sandbox.not_found",
                cat("Sandbox \"", id_of(text), "\" doesn't exist or you don't have access to it"));
  return found;
}

Json measured(Sandbox& sandbox) {
  const Sandbox::Measured use = sandbox.measure();
  const Limits& limits = sandbox.facts().limits;
  const std::int64_t now = now_ms();
  return {{"timestamp", iso8601(now)},     {"timestampUnix", now / kMsPerSecond},
          {"cpuCount", limits.cpu_count},  {"cpuUsedPct", use.cpu_percent},
          {"memUsed", use.memory_bytes},   {"memTotal", limits.memory_bytes},
          {"memCache", use.cache_bytes},   {"diskUsed", use.disk_bytes},
          {"diskTotal", limits.disk_bytes}};
}

}  // namespace

void ControlPlane::answer(HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  std::vector<std::string> words = split(head.path, '/');
  words.erase(std::remove(words.begin(), words.end(), ""), words.end());
  std::string version;
  if (!words.empty() && (words[0] == "v2" || words[0] == "v3")) {
    version = words[0];
    words.erase(words.begin());
  }
  if (!words.empty() && words[0] == "sandboxes" && version != "v3")
    return words.size() == 1 ? answer_sandboxes(exchange, words, version == "v2")
                             : answer_sandbox(exchange, words, version == "v2");
  if (!words.empty() && words[0] == "templates") return answer_templates(exchange, words, version);
  refuse_missing_call(head);
}

void ControlPlane::answer_sandboxes(HttpExchange& exchange, const std::vector<std::string>&, bool is_second) {
  if (exchange.head().method == "POST") return create(exchange, is_second);
  if (exchange.head().method == "GET") return list(exchange, is_second);
  refuse_missing_call(exchange.head());
}

void ControlPlane::answer_sandbox(HttpExchange& exchange, const std::vector<std::string>& words,
                                  bool is_second) {
  const std::string& method = exchange.head().method;
  const std::string action = words.size() == 3 ? words[2] : "";
  if (words.size() > 3) refuse_missing_call(exchange.head());
  if (words.size() == 2 && words[1] == "metrics" && method == "GET") return answer_metrics(exchange);
  if (is_second && action != "connect") refuse_missing_call(exchange.head());
  if (method == "DELETE" && words.size() == 2) {
    existing(sandboxes_, words[1]);
    sandboxes_.remove(id_of(words[1]));
    return exchange.answer(204, "", "");
  }
  if (method == "GET" && words.size() == 2)
    return exchange.answer_json(200, detailed(*existing(sandboxes_, words[1])).dump());
  if (method == "GET" && action == "metrics")
    return exchange.answer_json(200, Json::array({measured(*existing(sandboxes_, words[1]))}).dump());
  if (method != "POST") refuse_missing_call(exchange.head());

  const Json body = body_of(exchange);
  if (action == "connect") return connect(exchange, existing(sandboxes_, words[1]), body, is_second);
  if (action == "resume") return resume(exchange, existing(sandboxes_, words[1]), body);
  if (action == "pause") return pause(exchange, existing(sandboxes_, words[1]));
  if (action == "timeout") {
    if (member(body, "timeout").is_null()) refuse_call("a timeout is wanted");
    sandboxes_.set_end(existing(sandboxes_, words[1]),
                       now_ms() + seconds_of(body, "timeout", 0) * kMsPerSecond);
    return exchange.answer(204, "", "");
  }
  if (action == "refreshes") {
    const auto sandbox = existing(sandboxes_, words[1]);
    const std::int64_t seconds = seconds_of(body, "duration", kLeastRefreshS);
    if (seconds > kMostRefreshS) refuse_call(cat("a duration is at most ", kMostRefreshS, " seconds"));
    const std::int64_t end_ms = now_ms() + std::max(seconds, kLeastRefreshS) * kMsPerSecond;
    if (end_ms > sandbox->end_ms()) sandboxes_.set_end(sandbox, end_ms);
    return exchange.answer(204, "", "");
  }
  refuse_missing_call(exchange.head());
}

void ControlPlane::answer_templates(HttpExchange& exchange, const std::vector<std::string>& words,
                                    const std::string& version) {
  const HttpHead& head = exchange.head();
  const bool is_post = head.method == "POST", is_get = head.method == "GET";
  if (is_post && words.size() == 1 && !version.empty())
    return exchange.answer_json(202, templates_.begin(body_of(exchange)).dump());
  if (is_get && words.size() == 3 && words[1] == "aliases" && version.empty())
    return exchange.answer_json(200, templates_.alias(words[2]).dump());
  if (is_get && words.size() == 4 && words[2] == "files" && version.empty()) {
    const std::string url = cat("http://", head.header("host"));
    return exchange.answer_json(201, templates_.upload_place(words[1], words[3], url).dump());
  }
  if (is_post && words.size() == 4 && words[2] == "builds" && version == "v2") {
    templates_.build(words[1], words[3], body_of(exchange));
    return exchange.answer_json(202, "{}");
  }
  if (is_get && words.size() == 5 && words[2] == "builds" && words[4] == "status" && version.empty())
    return exchange.answer_json(200, templates_.status(words[1], words[3]).dump());
  refuse_missing_call(head);
}

SandboxFacts ControlPlane::wanted(const Json& body, bool is_second) const {
  check_unsupported(body);
  const Json& name = member(body, "templateID");
  if (!name.is_string()) refuse_call("a templateID is wanted");
  const SandboxTemplate made = templates_.ready(name.get<std::string>());
  SandboxFacts facts;
  facts.template_id = made.id;
  facts.template_name = made.names.front().substr(0, made.names.front().find(':'));
  facts.limits = made.limits;
  facts.files = made.files;
  facts.folder = made.folder;
  facts.metadata = texts_of(body, "metadata");
  facts.variables = texts_of(body, "envVars");
  facts.variables.insert(made.variables.begin(), made.variables.end());
  check_variables(facts.variables);
  facts.network = network_of(body, rules_.network);
  facts.pauses_at_end = flag_of(body, "autoPause", false);
  if (member(body, "autoResume").is_object())
    facts.resumes_by_request = flag_of(member(body, "autoResume"), "enabled", false);
  if (facts.pauses_at_end && !sandboxes_.isolation().groups().has("freezer"))
    throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                "this machine has no freezer, so no sandbox can be paused");
  constexpr std::size_t kTokenSize = 40;
  if (is_second || flag_of(body, "secure", false)) facts.token = Secret("ta_" + random_text(kTokenSize));
  return facts;
}

void ControlPlane::create(HttpExchange& exchange, bool is_second) {
  const Json body = body_of(exchange);
  const std::int64_t seconds = seconds_of(body, "timeout", is_second ? kSecondDefaultS : kFirstDefaultS);
  if (seconds == 0) refuse_call("Timeout must be greater than 0");
  const auto sandbox = sandboxes_.create(wanted(body, is_second), seconds * kMsPerSecond);
  exchange.answer_json(201, made(*sandbox).dump());
}

void ControlPlane::list(HttpExchange& exchange, bool is_second) {
  const SandboxListQuery::Page page = SandboxListQuery(exchange.head(), is_second).page(sandboxes_.all());
  Json all = Json::array();
  for (const auto& sandbox : page.sandboxes) all.push_back(listed(*sandbox));
  HttpHeaders headers{{"X-Total-Running", cat(page.running_count)}};
  if (!page.next_token.empty()) headers.emplace_back("x-next-token", page.next_token);
  exchange.answer(200, "application/json", all.dump(), headers);
}

void ControlPlane::answer_metrics(HttpExchange& exchange) {
  Json all = Json::object();
  for (const std::string& id : split(exchange.head().parameter("sandbox_ids").value_or(""), ',')) {
    // Those that ended meanwhile are left out, as E2B does.
    if (const auto sandbox = sandboxes_.find(id_of(id))) all[sandbox->facts().id] = measured(*sandbox);
  }
  exchange.answer_json(200, Json{{"sandboxes", all}}.dump());
}

void ControlPlane::connect(HttpExchange& exchange, const SandboxTable::Entry& sandbox, const Json& body,
                           bool is_second) {
  if (!is_second && member(body, "timeout").is_null()) refuse_call("a timeout is wanted");
  const bool is_resumed =
      sandboxes_.resume(sandbox, seconds_of(body, "timeout", kSecondDefaultS) * kMsPerSecond);
  exchange.answer_json(is_resumed ? 201 : 200, made(*sandbox).dump());
}

void ControlPlane::resume(HttpExchange& exchange, const SandboxTable::Entry& sandbox, const Json& body) {
  if (sandbox->state() == SandboxState::kRunning)
    throw Error(ErrorKind::kUser, "sandbox.already_exists",
                cat("Sandbox ", sandbox->facts().id, " is already running"));
  sandboxes_.resume(sandbox, seconds_of(body, "timeout", kFirstDefaultS) * kMsPerSecond);
  exchange.answer_json(201, made(*sandbox).dump());
}

void ControlPlane::pause(HttpExchange& exchange, const SandboxTable::Entry& sandbox) {
  switch (sandbox->pause()) {
    case Sandbox::Paused::kNow:
      return exchange.answer(204, "", "");
    case Sandbox::Paused::kBefore:
      throw Error(ErrorKind::kUser, "sandbox.already_exists",
                  cat("Sandbox ", sandbox->facts().id, " is already paused"));
    case Sandbox::Paused::kImpossible:
      throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                  "this machine has no freezer, so no sandbox can be paused");
  }
}

Json ControlPlane::made(const Sandbox& sandbox) const {
  const SandboxFacts& facts = sandbox.facts();
  Json made{{"templateID", facts.template_id},    {"sandboxID", facts.id},
            {"alias", facts.template_name},       {"clientID", "local"},
            {"envdVersion", rules_.envd_version}, {"domain", nullptr},
            {"trafficAccessToken", nullptr},      {"isolation", sandboxes_.isolation().facts()}};
  if (!facts.token.empty()) made["envdAccessToken"] = facts.token.reveal();
  return made;
}

Json ControlPlane::listed(const Sandbox& sandbox) const {
  const SandboxFacts& facts = sandbox.facts();
  return {{"templateID", facts.template_id},
          {"alias", facts.template_name},
          {"sandboxID", facts.id},
          {"clientID", "local"},
          {"startedAt", iso8601(facts.started_ms)},
          {"endAt", iso8601(sandbox.end_ms())},
          {"cpuCount", facts.limits.cpu_count},
          {"memoryMB", facts.limits.memory_bytes / kBytesPerMb},
          {"diskSizeMB", facts.limits.disk_bytes / kBytesPerMb},
          {"metadata", facts.metadata},
          {"state", sandbox.state() == SandboxState::kPaused ? "paused" : "running"},
          {"envdVersion", rules_.envd_version},
          {"volumeMounts", Json::array()}};
}

Json ControlPlane::detailed(const Sandbox& sandbox) const {
  const SandboxFacts& facts = sandbox.facts();
  Json detailed = listed(sandbox);
  detailed["domain"] = nullptr;
  detailed["allowInternetAccess"] = facts.network == Network::kAllowed;
  detailed["lifecycle"] = {{"onTimeout", facts.pauses_at_end ? "pause" : "kill"},
                           {"autoResume", facts.resumes_by_request}};
  if (!facts.token.empty()) detailed["envdAccessToken"] = facts.token.reveal();
  return detailed;
}

}  // namespace osiris::sandbox
