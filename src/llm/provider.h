#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "llm/complaint.h"
#include "llm/endpoint.h"
#include "llm/message.h"
#include "net/http_client.h"

namespace osiris::llm {

/// Puts the events of one streamed answer together.
class AnswerReader {
 public:
  using TakeText = std::function<void(std::string_view piece)>;

  virtual ~AnswerReader() = default;
  /// Takes one event; hands over the text that it adds. Throws Complained for an error in the stream.
  virtual void take(const Json& event, const TakeText& take_text) = 0;
  /// Whether the provider said that the answer is whole.
  virtual bool is_complete() const = 0;
  /// Requires: it is complete. Called once.
  virtual Answer answer() = 0;
};

/// A protocol.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view usual_base_url() const = 0;
  /// Good for this work when this was written; providers retire models after a year or two.
  virtual std::string_view usual_model() const = 0;
  /// Variables that may have the key, the usual one first.
  virtual const std::vector<std::string>& key_names() const = 0;
  /// Address and headers of a request for a streamed answer.
  virtual HttpRequest address(const Endpoint& endpoint) const = 0;
  virtual Json body(const Endpoint& endpoint, const ModelRequest& request) const = 0;
  virtual std::unique_ptr<AnswerReader> reader() const = 0;
  /// What an answer with another status than 2xx means; `body` is null where it is no JSON.
  virtual Complaint complaint(int status, const Json& body) const = 0;
};

const Provider& openai_provider();
const Provider& anthropic_provider();
const Provider& gemini_provider();

/// All, in the order in which a key decides.
const std::vector<const Provider*>& all_providers();
/// Null where there is none of this name.
const Provider* find_provider(std::string_view name);

/// Reads what a model wrote as arguments of a call; an empty text is no argument.
void read_arguments(const std::string& text, ToolCall& call);

}  // namespace osiris::llm
