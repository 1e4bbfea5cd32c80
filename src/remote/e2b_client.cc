#include "remote/e2b_client.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "format/tar_gzip.h"
#include "net/retry.h"
#include "remote/packing.h"

namespace osiris::remote {

namespace {

constexpr int kUnauthorized = 401, kForbidden = 403, kNotFound = 404, kNotAllowed = 405, kTooMany = 429;
constexpr int kServerError = 500;
constexpr std::chrono::milliseconds kBuildPause{500};

E2bClient::Facts facts_of(const Json& object) {
  E2bClient::Facts facts{.cpu_count = count_of(object, "cpuCount"),
                         .memory_mb = count_of(object, "memoryMB"),
                         .ends_at = text_of(object, "endAt"),
                         .metadata = {},
                         .id = text_of(object, "sandboxID"),
                         .started_at = text_of(object, "startedAt")};
  if (const auto found = object.find("metadata"); found != object.end() && found->is_object()) {
    for (const auto& [name, value] : found->items()) {
      if (value.is_string()) facts.metadata[name] = value.get<std::string>();
    }
  }
  return facts;
}

std::string query_of(const std::map<std::string, std::string>& metadata) {
  std::string pairs;
  for (const auto& [name, value] : metadata)
    pairs += cat(pairs.empty() ? "" : "&", url_encoded(name), "=", url_encoded(value));
  return cat("state=running,paused", pairs.empty() ? "" : "&metadata=", url_encoded(pairs));
}

}  // namespace

E2bClient::E2bClient(const E2bAccount& account, Cancellation& cancellation)
    : account_(account), cancellation_(cancellation), http_({}, cancellation) {}

HttpResponse E2bClient::send(const std::string& method, const std::string& path, const Json& body,
                             bool is_repeatable) {
  const std::string text = body.is_null() ? "" : body.dump();
  HttpRequest request{.method = method, .url = cat(account_.api_url, path), .body = text};
  request.secret_headers.emplace_back("X-API-KEY", account_.api_key);
  if (!text.empty()) request.headers.emplace_back("Content-Type", "application/json");
  ResendPolicy policy;
  policy.attempts = 4;
  policy.is_undone = [](const HttpResponse& response) { return response.status == 503; };
  return send_with_retries(http_, request, policy, is_repeatable, cancellation_);
}

Json E2bClient::answer(const HttpResponse& response) const {
  if (!response.is_success()) refuse(response);
  Json body = Json::parse(response.body, nullptr, false);
  if (body.is_discarded())
    throw Error(ErrorKind::kConnection, "remote.unavailable", "E2B's answer is no JSON", "try again later")
        .retryable();
  return body;
}

void E2bClient::refuse(const HttpResponse& response) const {
  const Json body = Json::parse(response.body, nullptr, false);
  const std::string told = body.is_object() ? text_of(body, "message") : std::string();
  const std::string said = told.empty() ? cat("status ", response.status) : told;
  switch (response.status) {
    case kUnauthorized:
    case kForbidden:
      throw Error(ErrorKind::kConnection, "remote.key_refused", cat("E2B refuses the key: ", said),
                  "look at E2B_API_KEY, and whether E2B_API_URL is that of its cluster");
    case kNotFound:
      throw Error(ErrorKind::kConnection, "remote.no_template", cat("E2B knows no such thing: ", said),
                  "look at the template's name");
    case kTooMany:
      throw Error(ErrorKind::kConnection, "remote.too_many", cat("E2B gives no more sandboxes: ", said),
                  "end those that nobody needs any more: osiris e2b ps; or wait longer: --e2b-wait");
    default:
      break;
  }
  if (response.status >= kServerError)
    throw Error(ErrorKind::kConnection, "remote.unavailable", cat("E2B cannot do it now: ", said),
                "try again later")
        .retryable();
  throw Error(ErrorKind::kConnection, "remote.refused", cat("E2B refuses the request: ", said));
}

SandboxAddress E2bClient::create(const Wish& wish) {
  Json body{
      {"templateID", wish.template_name}, {"timeout", wish.lifetime.count()}, {"metadata", wish.metadata}};
  HttpResponse response = send("POST", "/v2/sandboxes", body, false);
  if (response.status == kNotFound || response.status == kNotAllowed) {
    body["secure"] = true;
    const HttpResponse old = send("POST", "/sandboxes", body, false);
    if (old.is_success() || response.status == kNotAllowed) response = old;
  }
  const Json made = answer(response);
  SandboxAddress address{.id = text_of(made, "sandboxID"),
                         .envd_version = text_of(made, "envdVersion"),
                         .envd_url = {},
                         .token = Secret(text_of(made, "envdAccessToken"))};
  if (address.id.empty())
    throw Error(ErrorKind::kConnection, "remote.unavailable", "E2B's answer names no sandbox",
                "try again later");
  address.envd_url = account_.envd_url(address.id, text_of(made, "domain"));
  return address;
}

bool E2bClient::has_template(const std::string& name) {
  const HttpResponse known = send("GET", cat("/templates/aliases/", url_encoded(name)), {});
  if (known.status == kNotFound) return false;
  if (!known.is_success()) refuse(known);
  return true;
}

Json E2bClient::copy_step(const std::string& template_id, const TemplateFile& file) {
  // The archive has the name that the step copies from; what it holds tells it from others.
  const std::string source = file.file.filename().string();
  const std::string digest =
      fingerprint(cat("COPY ", source, " ", file.place, file.rights, file_fingerprint(file.file)))
          .substr(std::string_view("sha256:").size());
  const Json place =
      answer(send("GET", cat("/templates/", url_encoded(template_id), "/files/", url_encoded(digest)), {}));
  if (!place.value("present", false)) {
    const fs::path archive = fs::temp_directory_path() / cat("osiris-", digest, ".", ::getpid(), ".tar.gz");
    TarGzip tar(archive, 0);
    tar.add_file(source, file.file);
    tar.finish();
    const MappedFile bytes(archive);
    fs::remove(archive);
    // The place is signed; the key is none of its business.
    HttpRequest upload{.method = "PUT", .url = text_of(place, "url"), .body = bytes.bytes()};
    const HttpResponse response = send_with_retries(http_, upload, {}, true, cancellation_);
    if (!response.is_success()) refuse(response);
  }
  return {{"type", "COPY"}, {"args", {source, file.place, "root", file.rights}}, {"filesHash", digest}};
}

void E2bClient::build_template(const std::string& name, const Size& size,
                               const std::vector<TemplateFile>& files) {
  constexpr int kBadRequest = 400;
  const HttpResponse begun =
      send("POST", "/v3/templates",
           {{"name", name}, {"cpuCount", size.cpu_count}, {"memoryMB", size.memory_mb}}, false);
  if (begun.status == kBadRequest || begun.status == kForbidden) {
    const Json body = Json::parse(begun.body, nullptr, false);
    throw Error(ErrorKind::kConnection, "remote.size_refused",
                cat("E2B builds no template of ", counted(size.cpu_count, "CPU"), " and ", size.memory_mb,
                    " MiB: ", body.is_object() ? text_of(body, "message") : cat("status ", begun.status)),
                "ask for what the account's plan allows");
  }
  const Json made = answer(begun);
  const std::string id = text_of(made, "templateID"), build = text_of(made, "buildID");
  Json steps = Json::array();
  for (const TemplateFile& file : files) steps.push_back(copy_step(id, file));
  const std::string path = cat("/templates/", url_encoded(id), "/builds/", url_encoded(build));
  const HttpResponse started =
      send("POST", cat("/v2", path), {{"fromTemplate", "base"}, {"steps", std::move(steps)}}, false);
  if (!started.is_success()) refuse(started);
  for (std::string status; status != "ready";) {
    const Json told = answer(send("GET", cat(path, "/status"), {}));
    status = text_of(told, "status");
    if (status == "error") {
      const Json reason = told.value("reason", Json::object());
      throw Error(ErrorKind::kConnection, "remote.no_template",
                  cat("the template cannot be built: '", name,
                      "': ", reason.is_object() ? text_of(reason, "message") : ""));
    }
    if (status != "ready" && !wait_for(kBuildPause, cancellation_)) cancellation_.check();
  }
}

E2bClient::Facts E2bClient::facts(const std::string& id) {
  const HttpResponse response = send("GET", cat("/sandboxes/", url_encoded(id)), {});
  if (response.status == kNotFound)
    throw Error(ErrorKind::kConnection, "remote.gone", cat("the sandbox is gone: '", id, "'"));
  return facts_of(answer(response));
}

std::vector<E2bClient::Facts> E2bClient::list(const std::map<std::string, std::string>& metadata) {
  std::vector<Facts> all;
  std::string token;
  do {
    const std::string more = token.empty() ? "" : cat("&nextToken=", url_encoded(token));
    const HttpResponse response = send("GET", cat("/v2/sandboxes?", query_of(metadata), more), {});
    const Json page = answer(response);
    if (page.is_array()) {
      for (const Json& one : page) {
        if (one.is_object()) all.push_back(facts_of(one));
      }
    }
    token = response.header("x-next-token");
  } while (!token.empty());
  return all;
}

void E2bClient::set_lifetime(const std::string& id, std::chrono::seconds lifetime) {
  const HttpResponse response =
      send("POST", cat("/sandboxes/", url_encoded(id), "/timeout"), {{"timeout", lifetime.count()}});
  if (!response.is_success()) refuse(response);
}

bool E2bClient::kill(const std::string& id) {
  const HttpResponse response = send("DELETE", cat("/sandboxes/", url_encoded(id)), {});
  if (response.status == kNotFound) return false;
  if (!response.is_success()) refuse(response);
  return true;
}

}  // namespace osiris::remote
