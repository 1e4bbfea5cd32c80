#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "llm/endpoint.h"
#include "llm/message.h"
#include "llm/provider.h"
#include "net/http_client.h"

namespace osiris::llm {

/// The most bytes of one answer.
constexpr std::uint64_t kMostAnswerBytes = 10'000'000;

/// What whoever waits for an answer is told on the way.
struct AnswerWatch {
  std::function<void(const Json& body)> sends = [](const Json&) {};            ///< before each try
  std::function<void(std::string_view piece)> text = [](std::string_view) {};  ///< as it comes
  /// The model is asked again, and what it said so far is void.
  std::function<void(const Error& why, std::chrono::milliseconds wait)> again =
      [](const Error&, std::chrono::milliseconds) {};
};

/// A model at an endpoint. Single-threaded; a cancel ends an answer at once.
class Model {
 public:
  /// Errors: kUser "http.no_library". Requires: the endpoint's provider is known.
  Model(Endpoint endpoint, Cancellation& cancellation);

  /// Asks for an answer, up to four times where a later try may succeed. A model that cannot call tools is
  /// asked for JSON, and again where it is none; in the end its words count as they are.
  /// Errors: those of error_of(); retryable kConnection "llm.broken_stream"; kData "llm.answer_too_large";
  /// kConnection "llm.malformed_answer" for what is not of the protocol; those of HttpClient::send().
  Answer ask(const ModelRequest& request, const AnswerWatch& watch);

 private:
  Answer ask_patiently(const ModelRequest& request, const AnswerWatch& watch);
  Answer ask_for_json(const ModelRequest& request, const AnswerWatch& watch);
  Answer try_once(const HttpRequest& request, const AnswerWatch& watch);
  [[noreturn]] void refuse(const HttpResponse& response);

  Endpoint endpoint_;
  Cancellation& cancellation_;
  const Provider& provider_;
  HttpClient client_;
};

}  // namespace osiris::llm
