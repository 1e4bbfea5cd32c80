#include <algorithm>
#include <array>

#include "base/text.h"
#include "llm/provider.h"

namespace osiris::llm {

namespace {

constexpr std::array<std::string_view, 6> kQuotaWords{
    "insufficient_quota",           "credit_balance_exhausted",          "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_not_active"};

Complaint openai_complaint(int status, const Json& body) {
  const Json error = object_of(body, "error");
  Complaint complaint{cause_of_status(status), text_of(error, "message")};
  if (complaint.message.empty()) complaint.message = text_of(body, "error");
  for (const char* member : {"type", "code"}) {
    if (std::ranges::find(kQuotaWords, text_of(error, member)) != kQuotaWords.end())
      complaint.cause = Complaint::Cause::kQuota;
  }
  return complaint;
}

class OpenAiReader : public AnswerReader {
 public:
  void take(const Json& event, const TakeText& take_text) override {
    // Within a stream there is no status: what breaks it off is the server's.
    if (event.contains("error")) throw Complained{openai_complaint(500, event)};
    const Json usage = object_of(event, "usage");
    if (!usage.empty())
      answer_.usage = {count_of(usage, "prompt_tokens"), count_of(usage, "completion_tokens")};
    if (!event.contains("choices") || !event["choices"].is_array() || event["choices"].empty()) return;
    const Json& choice = event["choices"][0];
    const Json delta = object_of(choice, "delta");
    for (const char* member : {"content", "refusal"}) {
      const std::string piece = text_of(delta, member);
      if (piece.empty()) continue;
      answer_.message.text += piece;
      take_text(piece);
    }
    if (delta.contains("refusal") && delta["refusal"].is_string()) answer_.stop = Answer::Stop::kRefused;
    if (delta.contains("tool_calls") && delta["tool_calls"].is_array()) {
      for (const Json& piece : delta["tool_calls"]) take_call(piece);
    }
    const std::string reason = text_of(choice, "finish_reason");
    if (reason == "length") answer_.stop = Answer::Stop::kLength;
    if (reason == "content_filter") answer_.stop = Answer::Stop::kRefused;
    is_complete_ = is_complete_ || !reason.empty();
  }

  bool is_complete() const override { return is_complete_; }

  Answer answer() override {
    Json calls = Json::array();
    for (const Parts& parts : calls_) {
      ToolCall call{parts.id.empty() ? cat("call_", calls.size()) : parts.id, parts.name};
      read_arguments(parts.arguments, call);
      Json native = parts.more;
      native["id"] = call.id;
      native["type"] = "function";
      native["function"] = {{"name", call.name}, {"arguments", call.arguments.dump()}};
      calls.push_back(native);
      answer_.message.calls.push_back(std::move(call));
    }
    answer_.message.role = Message::Role::kModel;
    answer_.message.native_to = "openai";
    answer_.message.native = std::move(calls);
    return std::move(answer_);
  }

 private:
  struct Parts {
    std::uint64_t index = 0;
    std::string id, name, arguments;
    Json more = Json::object();  ///< what a server adds and wants to see again
  };

  void take_call(const Json& piece) {
    const std::uint64_t index = count_of(piece, "index");
    const std::string id = text_of(piece, "id");
    const auto is_same = [&](const Parts& parts) {
      // Some servers number all calls 0.
      return parts.index == index && (id.empty() || parts.id.empty() || parts.id == id);
    };
    auto found = std::find_if(calls_.rbegin(), calls_.rend(), is_same);
    if (found == calls_.rend()) {
      calls_.emplace_back().index = index;
      found = calls_.rbegin();
    }
    const Json function = object_of(piece, "function");
    if (!id.empty()) found->id = id;
    if (const std::string name = text_of(function, "name"); !name.empty()) found->name = name;
    found->arguments += text_of(function, "arguments");
    for (const auto& [key, value] : piece.items()) {
      if (key != "index" && key != "id" && key != "type" && key != "function") found->more[key] = value;
    }
  }

  Answer answer_;
  std::vector<Parts> calls_;
  bool is_complete_ = false;
};

Json openai_calls(const Message& message) {
  if (message.native_to == "openai") return message.native;
  Json calls = Json::array();
  for (const ToolCall& call : message.calls) {
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", call.arguments.dump()}}}});
  }
  return calls;
}

class OpenAi : public Provider {
 public:
  std::string_view name() const override { return "openai"; }
  std::string_view usual_base_url() const override { return "https://api.openai.com/v1"; }
  std::string_view usual_model() const override { return "gpt-6-luna"; }
  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> kNames{"OPENAI_API_KEY"};
    return kNames;
  }

  HttpRequest address(const Endpoint& endpoint) const override {
    HttpRequest request{"POST", cat(endpoint.base_url, "/chat/completions")};
    if (!endpoint.key.empty())
      request.secret_headers.emplace_back("Authorization", Secret("Bearer " + endpoint.key.reveal()));
    return request;
  }

  Json body(const Endpoint& endpoint, const ModelRequest& request) const override {
    Json messages = Json::array({{{"role", "system"}, {"content", request.system}}});
    for (const Message& message : request.messages) {
      switch (message.role) {
        case Message::Role::kPerson:
          messages.push_back({{"role", "user"}, {"content", message.text}});
          break;
        case Message::Role::kModel: {
          Json said{{"role", "assistant"}, {"content", message.text}};
          if (!message.calls.empty()) said["tool_calls"] = openai_calls(message);
          messages.push_back(said);
          break;
        }
        case Message::Role::kTools:
          for (const ToolResult& result : message.results) {
            messages.push_back(
                {{"role", "tool"}, {"tool_call_id", result.call_id}, {"content", result.text}});
          }
      }
    }
    Json body{{"model", endpoint.model}, {"messages", messages}};
    for (const ToolOffer& tool : request.tools) {
      body["tools"].push_back(
          {{"type", "function"},
           {"function",
            {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.input_schema}}}});
    }
    // It calls functions by this protocol only where it does not reason. Source: OpenAI's answer 400 without.
    if (!request.tools.empty() && endpoint.model == usual_model()) body["reasoning_effort"] = "none";
    if (request.answer_schema) {
      body["response_format"] = {{"type", "json_schema"},
                                 {"json_schema", {{"name", "answer"}, {"schema", *request.answer_schema}}}};
    }
    if (request.temperature) body["temperature"] = *request.temperature;
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
    return body;
  }

  std::unique_ptr<AnswerReader> reader() const override { return std::make_unique<OpenAiReader>(); }
  Complaint complaint(int status, const Json& body) const override { return openai_complaint(status, body); }
};

}  // namespace

const Provider& openai_provider() {
  static const OpenAi kProvider;
  return kProvider;
}

}  // namespace osiris::llm
