#include "supabase/rest_client.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "postgres/errors.h"

namespace osiris::supabase {

namespace {

constexpr std::string_view kNewKeyPrefix = "sb_";
constexpr std::string_view kInterface = "/rest/v1/";
constexpr int kPaused = 540;

struct Meaning {
  std::string_view code;  ///< PostgREST's, or the beginning of it
  ErrorKind kind;
  std::string_view name, message, hint;
  bool is_retryable = false;
};

/// Source: PostgREST 14 documentation, Errors. In its order; the longest match counts.
constexpr std::array kMeanings{
    Meaning{"PGRST", ErrorKind::kUser, "query.failed", "the server refused the request", ""},
    Meaning{"PGRST00", ErrorKind::kConnection, "connection.refused",
            "the project's database cannot be reached", "see in the dashboard that the project runs", true},
    Meaning{"PGRST003", ErrorKind::kConnection, "connection.too_many", "the database has no connection left",
            "try again", true},
    Meaning{"PGRST100", ErrorKind::kUser, "query.syntax", "the server cannot read the request",
            "check filter and order"},
    Meaning{"PGRST106", ErrorKind::kUser, "query.unknown_table", "the schema is not exposed",
            "expose it in the dashboard, under API settings, or change schema of"},
    Meaning{"PGRST2", ErrorKind::kUser, "query.unknown_table", "the project has no such table",
            "check the name and the schema of"},
    Meaning{"PGRST204", ErrorKind::kUser, "query.unknown_column", "the table has no such column",
            "check the name against the table's columns"},
    Meaning{"PGRST3", ErrorKind::kConnection, "connection.denied", "the project refuses the key",
            "copy a secret or service_role key from the dashboard into key of"},
    Meaning{"PGRST303", ErrorKind::kConnection, "connection.denied", "the key is not valid now",
            "wait a minute if it is new, for clocks differ; or copy a valid one into key of"},
    // Our own, of load_function.sql.
    Meaning{"OS001", ErrorKind::kConnection, "load.pieces_lost", "rows that were sent are gone",
            "run the pipeline again", true},
    Meaning{"OS003", ErrorKind::kData, "load.rows_missing", "rows were not written",
            "look for triggers or rules of the table that drop rows"},
    Meaning{"OS002", ErrorKind::kData, "load.too_many_bad_rows", "too many rows were refused",
            "correct them at their source, or raise max_bad_rows"},
};

const Meaning* meaning_of(std::string_view code) {
  const Meaning* found = nullptr;
  for (const Meaning& meaning : kMeanings) {
    const bool is_longer = found == nullptr || meaning.code.size() > found->code.size();
    if (is_longer && code.starts_with(meaning.code)) found = &meaning;
  }
  return found;
}

std::string text_of(const Json& answer, const char* key) {
  return answer.contains(key) && answer[key].is_string() ? answer[key].get<std::string>() : "";
}

/// "message (details; hint)".
std::string told(const Json& answer) {
  std::vector<std::string> more;
  for (const char* key : {"details", "hint"}) {
    if (std::string text = text_of(answer, key); !text.empty()) more.push_back(std::move(text));
  }
  return cat(text_of(answer, "message"), more.empty() ? "" : cat(" (", join(more, "; "), ")"));
}

std::string hint_of(std::string_view hint, const ConnectionConfig& project) {
  return hint.ends_with(" of") ? cat(hint, " ", project.reference()) : std::string(hint);
}

/// Of an answer that PostgREST has not written: a gateway's, a proxy's, somebody else's.
Error error_of_gateway(const HttpResponse& response, const std::string& message,
                       const ConnectionConfig& project) {
  const std::string what = message.empty() ? cat("status ", response.status) : message;
  const auto error = [&](std::string_view name, std::string_view meaning, std::string_view hint) {
    return Error(ErrorKind::kConnection, std::string(name), cat(meaning, ": ", what), hint_of(hint, project));
  };
  switch (response.status) {
    case 401:
    case 403:
      return error("connection.denied", "the project refuses the key",
                   "copy a secret or service_role key from the dashboard into key of");
    case 413:
      return {ErrorKind::kData, "http.too_large", cat("the request is larger than the server takes: ", what),
              "set batch_rows to fewer rows"};
    case 429:
      return error("connection.too_many", "the project takes no more requests now", "try again later")
          .retryable();
    case kPaused:
      return error("connection.refused", "the project is paused", "restore it in the dashboard");
    default:
      break;
  }
  if (response.status >= 500) {
    return error("connection.lost", "the project does not answer", "see in the dashboard that it runs")
        .retryable();
  }
  return error("connection.refused", "no REST interface of Supabase answers", "check url of");
}

}  // namespace

bool is_public_key(const Secret& key) {
  const std::string& text = key.reveal();
  if (text.starts_with(kNewKeyPrefix)) return text.starts_with("sb_publishable_");
  const std::vector<std::string> parts = split(text, '.');
  constexpr std::size_t kTokenParts = 3;
  if (parts.size() != kTokenParts) return false;
  const Json claims = Json::parse(from_base64(parts[1]).value_or(""), nullptr, false);
  return claims.is_object() && claims.value("role", "") != "service_role";
}

namespace {

/// A transaction that lost against another one was undone, and one that got no connection has not begun.
bool is_undone(const HttpResponse& response) {
  if (is_refused_for_now(response)) return true;
  if (response.is_success()) return false;
  constexpr std::array<std::string_view, 3> kUndone = {"40001", "40P01", "PGRST003"};
  const Json answer = Json::parse(response.body, nullptr, false);
  return answer.is_object() && std::ranges::find(kUndone, text_of(answer, "code")) != kUndone.end();
}

/// "https://x.supabase.co/rest/v1/", of a URL with or without the path that the dashboard also shows.
std::string interface_of(const ConnectionConfig& project) {
  const std::string url = project.plain().text("url");
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    throw Error(ErrorKind::kUser, "connection.invalid",
                cat("url of ", project.reference(), " is not an address of the web: '", url, "'"),
                "write it as https://<project>.supabase.co");
  }
  std::string_view base = url;
  while (base.ends_with('/')) base.remove_suffix(1);
  if (base.ends_with("/rest/v1")) base.remove_suffix(std::string_view("/rest/v1").size());
  return cat(base, kInterface);
}

HttpLimits limits_of(const ConnectionConfig& project) {
  return {project.plain().duration("connect_timeout"), project.plain().duration("read_timeout")};
}

HttpLimits limits_until(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  const auto least = std::max(left, std::chrono::milliseconds(1));
  return {least, least};
}

}  // namespace

RestClient::RestClient(const ConnectionConfig& project, Cancellation& cancellation)
    : RestClient(project, cancellation, limits_of(project), {}) {}

RestClient::RestClient(const ConnectionConfig& project, Cancellation& cancellation,
                       std::chrono::steady_clock::time_point deadline)
    : RestClient(project, cancellation, limits_until(deadline), {.attempts = 1}) {}

RestClient::RestClient(const ConnectionConfig& project, Cancellation& cancellation, HttpLimits limits,
                       const ResendPolicy& policy)
    : project_(&project), cancellation_(&cancellation), http_(limits, cancellation), policy_(policy) {
  base_ = interface_of(project);
  policy_.is_undone = is_undone;
}

void RestClient::require_secret_key() const {
  const Secret& key = project_->secret("key");
  if (key.empty()) {
    throw Error(ErrorKind::kUser, "connection.invalid", cat("key of ", project_->reference(), " is missing"),
                "copy a secret or service_role key from the dashboard; or give pg_dsn");
  }
  if (!is_public_key(key)) return;
  throw Error(ErrorKind::kUser, "connection.public_key",
              cat("key of ", project_->reference(),
                  " is a public one, from which row-level security hides rows without a word"),
              "copy a secret or service_role key from the dashboard into it");
}

HttpResponse RestClient::send(const RestRequest& request) {
  HttpRequest http{request.method, base_ + request.path, request.headers};
  http.headers.emplace_back("User-Agent", cat("osiris/", OSIRIS_VERSION));
  const bool is_reading = request.method == "GET" || request.method == "HEAD";
  http.headers.emplace_back(is_reading ? "Accept-Profile" : "Content-Profile",
                            project_->plain().text("schema"));
  // New keys are no tokens; the old ones are, and the gateway and PostgREST each look for theirs.
  const Secret& key = project_->secret("key");
  http.secret_headers.emplace_back("apikey", key);
  if (!key.reveal().starts_with(kNewKeyPrefix)) {
    http.secret_headers.emplace_back("Authorization", Secret("Bearer " + key.reveal()));
  }
  http.body = request.body;
  HttpResponse response = send_with_retries(http_, http, policy_, request.is_repeatable, *cancellation_);
  if (!response.is_success()) throw error_of(response, *project_);
  return response;
}

Error error_of(const HttpResponse& response, const ConnectionConfig& project) {
  const Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object()) return error_of_gateway(response, "", project);
  const std::string code = text_of(answer, "code");
  const std::string message = project.without_secrets(told(answer));
  const Meaning* const meaning = meaning_of(code);
  if (meaning != nullptr) {
    return Error(meaning->kind, std::string(meaning->name),
                 cat(meaning->message, ": ", message, " (", code, ")"), hint_of(meaning->hint, project))
        .retryable(meaning->is_retryable);
  }
  constexpr std::size_t kSqlStateWidth = 5;
  if (code == "57014") {
    return {ErrorKind::kUser, "query.timeout",
            cat("the statement took longer than the role's statement_timeout: ", message),
            cat("ask for fewer rows at once (batch_rows, page_rows), or give ", project.reference(),
                " a pg_dsn")};
  }
  if (code == "42P10") {
    return {ErrorKind::kUser, "load.no_unique_key",
            cat("the table has no unique key over primary_key: ", message),
            "create a unique index, or name the columns of one"};
  }
  if (code.size() == kSqlStateWidth) return postgres::server_error(code, message, project);
  return error_of_gateway(response, message, project);
}

Error strange_answer(std::string_view flaw) {
  return {ErrorKind::kConnection, "supabase.strange_answer",
          cat("an answer ", flaw, "; something else than the project's REST interface has answered"),
          "see what stands between here and the project: a proxy, or a page that wants a login"};
}

std::string column_word(std::string_view name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  // Words that a request has for other things; a column of such a name is told apart by its quotes.
  constexpr std::array<std::string_view, 8> kTaken = {"select",  "order",       "limit", "offset",
                                                      "columns", "on_conflict", "and",   "or"};
  const bool is_taken = std::ranges::find(kTaken, name) != kTaken.end();
  return is_plain && !is_taken ? std::string(name) : quoted_value(name);
}

std::string quoted_value(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return url_encoded(quoted += '"');
}

}  // namespace osiris::supabase
