#include <map>

#include "base/text.h"
#include "llm/provider.h"

namespace osiris::llm {

namespace {

constexpr int kMostAnswerTokens = 16'000;

Complaint anthropic_complaint(int status, const Json& body) {
  const Json error = object_of(body, "error");
  Complaint complaint{cause_of_status(status), text_of(error, "message")};
  const std::string type = text_of(error, "type");
  using Cause = Complaint::Cause;
  if (type == "rate_limit_error") complaint.cause = Cause::kRate;
  // An account without money is told so by a plain 400.
  if (type == "billing_error" || complaint.message.find("credit balance") != std::string::npos)
    complaint.cause = Cause::kQuota;
  return complaint;
}

class AnthropicReader : public AnswerReader {
 public:
  void take(const Json& event, const TakeText& take_text) override {
    const std::string type = text_of(event, "type");
    if (type == "error") throw Complained{anthropic_complaint(500, event)};
    if (type == "message_start") take_usage(object_of(object_of(event, "message"), "usage"));
    if (type == "content_block_start") {
      Block& block = blocks_[count_of(event, "index")];
      block.native = object_of(event, "content_block");
      block.text = text_of(block.native, "text");
      show(block.text, take_text);
    }
    if (type == "content_block_delta") {
      const Json delta = object_of(event, "delta");
      Block& block = blocks_[count_of(event, "index")];
      const std::string text = text_of(delta, "text");
      block.text += text;
      show(text, take_text);
      block.input += text_of(delta, "partial_json");
      for (const char* member : {"thinking", "signature"}) {
        if (const std::string piece = text_of(delta, member); !piece.empty())
          block.native[member] = text_of(block.native, member) + piece;
      }
    }
    if (type == "message_delta") {
      take_usage(object_of(event, "usage"));
      const std::string reason = text_of(object_of(event, "delta"), "stop_reason");
      if (reason == "max_tokens" || reason == "model_context_window_exceeded")
        answer_.stop = Answer::Stop::kLength;
      if (reason == "refusal") answer_.stop = Answer::Stop::kRefused;
    }
    is_complete_ = is_complete_ || type == "message_stop";
  }

  bool is_complete() const override { return is_complete_; }

  Answer answer() override {
    Message& message = answer_.message;
    message.role = Message::Role::kModel;
    message.native_to = "anthropic";
    message.native = Json::array();
    for (auto& [index, block] : blocks_) {
      const std::string type = text_of(block.native, "type");
      if (type == "text") {
        // The server refuses to see an empty text again.
        if (block.text.empty()) continue;
        block.native["text"] = block.text;
      } else if (type == "tool_use") {
        ToolCall call{text_of(block.native, "id"), text_of(block.native, "name")};
        call.arguments = object_of(block.native, "input");
        read_arguments(block.input, call);
        block.native["input"] = call.arguments;
        message.calls.push_back(std::move(call));
      }
      message.native.push_back(block.native);
    }
    return std::move(answer_);
  }

 private:
  struct Block {
    Json native = Json::object();
    std::string text, input;
  };

  /// What is shown is the answer's text, whatever kinds the blocks say they are.
  void show(const std::string& text, const TakeText& take_text) {
    if (text.empty()) return;
    answer_.message.text += text;
    take_text(text);
  }

  void take_usage(const Json& usage) {
    const std::uint64_t input = count_of(usage, "input_tokens") +
                                count_of(usage, "cache_creation_input_tokens") +
                                count_of(usage, "cache_read_input_tokens");
    if (input > 0) answer_.usage.input_tokens = input;
    if (const std::uint64_t output = count_of(usage, "output_tokens"); output > 0)
      answer_.usage.output_tokens = output;
  }

  Answer answer_;
  std::map<std::uint64_t, Block> blocks_;
  bool is_complete_ = false;
};

Json said_by_model(const Message& message) {
  if (message.native_to == "anthropic") return message.native;
  Json content = Json::array();
  if (!message.text.empty()) content.push_back({{"type", "text"}, {"text", message.text}});
  for (const ToolCall& call : message.calls) {
    content.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}});
  }
  return content;
}

Json anthropic_message(const Message& message) {
  if (message.role == Message::Role::kPerson) return {{"role", "user"}, {"content", message.text}};
  if (message.role == Message::Role::kModel)
    return {{"role", "assistant"}, {"content", said_by_model(message)}};
  Json content = Json::array();
  for (const ToolResult& result : message.results) {
    content.push_back({{"type", "tool_result"},
                       {"tool_use_id", result.call_id},
                       {"content", result.text},
                       {"is_error", result.is_error}});
  }
  return {{"role", "user"}, {"content", content}};
}

class Anthropic : public Provider {
 public:
  std::string_view name() const override { return "anthropic"; }
  std::string_view usual_base_url() const override { return "https://api.anthropic.com/v1"; }
  std::string_view usual_model() const override { return "claude-sonnet-5-5"; }
  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> kNames{"ANTHROPIC_API_KEY", "CLAUDE_API_KEY"};
    return kNames;
  }

  HttpRequest address(const Endpoint& endpoint) const override {
    HttpRequest request{"POST", cat(endpoint.base_url, "/messages"), {{"anthropic-version", "2023-06-01"}}};
    if (!endpoint.key.empty()) request.secret_headers.emplace_back("x-api-key", endpoint.key);
    return request;
  }

  Json body(const Endpoint& endpoint, const ModelRequest& request) const override {
    Json messages = Json::array();
    for (const Message& message : request.messages) {
      Json next = anthropic_message(message);
      // A message that said nothing may not be sent.
      if (!next["content"].empty()) messages.push_back(std::move(next));
    }
    Json body{{"model", endpoint.model},
              {"max_tokens", kMostAnswerTokens},
              {"system", request.system},
              {"messages", messages}};
    for (const ToolOffer& tool : request.tools) {
      body["tools"].push_back(
          {{"name", tool.name}, {"description", tool.description}, {"input_schema", tool.input_schema}});
    }
    if (request.answer_schema)
      body["output_config"]["format"] = {{"type", "json_schema"}, {"schema", *request.answer_schema}};
    body["stream"] = true;
    return body;
  }

  std::unique_ptr<AnswerReader> reader() const override { return std::make_unique<AnthropicReader>(); }
  Complaint complaint(int status, const Json& body) const override {
    return anthropic_complaint(status, body);
  }
};

}  // namespace

const Provider& anthropic_provider() {
  static const Anthropic kProvider;
  return kProvider;
}

}  // namespace osiris::llm
