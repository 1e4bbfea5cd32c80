#include "llm/model.h"

#include <algorithm>

#include "base/text.h"
#include "llm/event_stream.h"
#include "llm/spoken_tools.h"
#include "net/retry.h"

namespace osiris::llm {

namespace {

using std::chrono::milliseconds;

constexpr int kMostTries = 4;
constexpr int kMostJsonTries = 3;
constexpr milliseconds kFirstWait{500};
/// A person waits before the screen: what takes longer is their decision.
constexpr milliseconds kLongestWait{60'000};
/// A model that thinks sends nothing for minutes.
constexpr milliseconds kSilence{300'000};

const Provider& provider_of(const Endpoint& endpoint) {
  const Provider* provider = find_provider(endpoint.provider);
  invariant(provider != nullptr, "an endpoint has a known provider");
  return *provider;
}

HttpLimits model_limits() {
  HttpLimits limits;
  limits.silence = kSilence;
  limits.body_bytes = kMostAnswerBytes;
  return limits;
}

Error broken_stream(const std::string& why) {
  return Error(ErrorKind::kConnection, "llm.broken_stream", cat("the answer broke off", why), "ask again")
      .retryable();
}

/// An error that carries the time which the server asked for.
struct Later {
  Error error;
  std::optional<milliseconds> wait;
};

}  // namespace

Model::Model(Endpoint endpoint, Cancellation& cancellation)
    : endpoint_(std::move(endpoint)),
      cancellation_(cancellation),
      provider_(provider_of(endpoint_)),
      client_(model_limits(), cancellation) {}

Answer Model::ask(const ModelRequest& request, const AnswerWatch& watch) {
  ModelRequest own = request;
  for (Message& message : own.messages) {
    // Another model is told in plain words: it may refuse signatures of thoughts that it did not have.
    if (message.native_model != endpoint_.model) message.native_to.clear();
  }
  const bool calls_tools = endpoint_.calls_tools || request.tools.empty();
  Answer answer = calls_tools ? ask_patiently(own, watch) : ask_for_json(own, watch);
  answer.message.native_model = endpoint_.model;
  return answer;
}

Answer Model::ask_for_json(const ModelRequest& request, const AnswerWatch& watch) {
  ModelRequest spoken = spoken_request(request);
  AnswerWatch quiet = watch;
  quiet.text = [](std::string_view) {};
  Usage usage;
  for (int attempt = 1;; ++attempt) {
    Answer answer = ask_patiently(spoken, quiet);
    usage += answer.usage;
    answer.usage = usage;
    if (auto heard = heard_answer(answer)) {
      answer = std::move(*heard);
    } else if (attempt < kMostJsonTries) {
      spoken.messages.push_back(answer.message);
      spoken.messages.push_back({Message::Role::kPerson, std::string(kSpeakJson)});
      continue;
    }
    watch.text(answer.message.text);
    return answer;
  }
}

Answer Model::ask_patiently(const ModelRequest& request, const AnswerWatch& watch) {
  const Json body = provider_.body(endpoint_, request);
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  HttpRequest http = provider_.address(endpoint_);
  http.headers.emplace_back("Content-Type", "application/json");
  http.headers.emplace_back("Accept", "text/event-stream");
  http.body = text;
  milliseconds wait = kFirstWait;
  for (int attempt = 1;; ++attempt, wait *= 2) {
    std::optional<Later> later;
    watch.sends(body);
    try {
      return try_once(http, watch);
    } catch (const Later& refused) {
      later = refused;
    } catch (const Error& error) {
      later = {error, std::nullopt};
    }
    const milliseconds pause = std::max(wait, later->wait.value_or(milliseconds(0)));
    if (!later->error.is_retryable() || attempt == kMostTries || pause > kLongestWait) throw later->error;
    watch.again(later->error, pause);
    if (!wait_for(pause, cancellation_)) cancellation_.check();
  }
}

void Model::refuse(const HttpResponse& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  Complaint complaint = provider_.complaint(response.status, body.is_discarded() ? Json() : body);
  if (complaint.message.empty()) complaint.message = cat("status ", response.status);
  if (const auto asked = retry_after(response, std::chrono::system_clock::now())) complaint.wait = asked;
  throw Later{error_of(complaint, endpoint_), complaint.wait};
}

Answer Model::try_once(const HttpRequest& request, const AnswerWatch& watch) {
  const std::unique_ptr<AnswerReader> reader = provider_.reader();
  std::uint64_t bytes = 0;
  bool has_begun = false;
  std::string before_events;  // an error as plain JSON may come with status 200
  EventStream events([&](std::string_view data) {
    has_begun = true;
    if (data == "[DONE]") return;
    const Json event = Json::parse(data, nullptr, false);
    if (!event.is_object()) {
      throw Error(ErrorKind::kConnection, "llm.malformed_answer",
                  cat("the server sent what is no event of the protocol: ", shortened(data, 200)),
                  "check llm.provider and llm.base_url in osiris.yaml");
    }
    reader->take(event, watch.text);
  });
  try {
    const HttpResponse response = client_.send(request, [&](std::string_view piece) {
      bytes += piece.size();
      if (bytes > kMostAnswerBytes) {
        throw Error(ErrorKind::kData, "llm.answer_too_large",
                    cat("the answer has more than ", with_thousands(kMostAnswerBytes), " bytes"),
                    "ask for less");
      }
      if (!has_begun) before_events += piece;
      events.add(piece);
      return true;
    });
    if (!response.is_success()) refuse(response);
    events.end();
    if (!has_begun) {
      const Json body = Json::parse(before_events, nullptr, false);
      if (!body.is_discarded() && body.contains("error")) throw Complained{provider_.complaint(500, body)};
    }
  } catch (const Complained& complained) {
    throw Later{error_of(complained.complaint, endpoint_), complained.complaint.wait};
  } catch (const Error& error) {
    const bool was_cut = has_begun && error.kind() == ErrorKind::kConnection && error.is_retryable();
    if (was_cut) throw broken_stream(cat(": ", error.message()));
    throw;
  }
  if (reader->is_complete()) return reader->answer();
  if (has_begun) throw broken_stream("");
  throw Error(ErrorKind::kConnection, "llm.malformed_answer",
              cat("the server at ", endpoint_.base_url, " answered without an event"),
              "check llm.provider and llm.base_url in osiris.yaml");
}

}  // namespace osiris::llm
