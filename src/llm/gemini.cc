#include <cstdlib>

#include "base/text.h"
#include "llm/provider.h"

namespace osiris::llm {

namespace {

/// The beginning of ids that are ours, for calls that came without one.
constexpr std::string_view kOwnId = "osiris-call-";

/// "34s", "34.074824224s". Source: Protocol Buffers, google/protobuf/duration.proto, JSON mapping.
std::optional<std::chrono::milliseconds> wait_of(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  constexpr double kMostSeconds = 1e6;
  if (end == text.c_str() || !(seconds >= 0 && seconds <= kMostSeconds)) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

Complaint gemini_complaint(int status, const Json& body) {
  // Without ?alt=sse, and from some gateways, an error is the only element of an array.
  const Json error = object_of(body.is_array() && !body.empty() ? body[0] : body, "error");
  Complaint complaint{cause_of_status(status), text_of(error, "message")};
  using Cause = Complaint::Cause;
  if (!error.contains("details") || !error["details"].is_array()) return complaint;
  for (const Json& detail : error["details"]) {
    // A key that is none is told by a 400.
    if (text_of(detail, "reason") == "API_KEY_INVALID") complaint.cause = Cause::kKey;
    if (const auto wait = wait_of(text_of(detail, "retryDelay"))) complaint.wait = wait;
    if (!detail.contains("violations") || !detail["violations"].is_array()) continue;
    for (const Json& violation : detail["violations"]) {
      if (text_of(violation, "quotaId").find("PerDay") != std::string::npos) complaint.cause = Cause::kQuota;
    }
  }
  return complaint;
}

class GeminiReader : public AnswerReader {
 public:
  void take(const Json& event, const TakeText& take_text) override {
    if (event.contains("error")) throw Complained{gemini_complaint(500, event)};
    const Json usage = object_of(event, "usageMetadata");
    if (!usage.empty()) {
      answer_.usage = {count_of(usage, "promptTokenCount"),
                       count_of(usage, "candidatesTokenCount") + count_of(usage, "thoughtsTokenCount")};
    }
    if (!text_of(object_of(event, "promptFeedback"), "blockReason").empty()) {
      answer_.stop = Answer::Stop::kRefused;
      is_complete_ = true;
    }
    if (!event.contains("candidates") || !event["candidates"].is_array() || event["candidates"].empty())
      return;
    const Json& candidate = event["candidates"][0];
    const Json content = object_of(candidate, "content");
    if (content.contains("parts") && content["parts"].is_array()) {
      for (const Json& part : content["parts"]) take_part(part, take_text);
    }
    const std::string reason = text_of(candidate, "finishReason");
    if (reason == "MAX_TOKENS") answer_.stop = Answer::Stop::kLength;
    for (const char* refusal : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})
      if (reason == refusal) answer_.stop = Answer::Stop::kRefused;
    is_complete_ = is_complete_ || !reason.empty();
  }

  bool is_complete() const override { return is_complete_; }

  Answer answer() override {
    answer_.message.role = Message::Role::kModel;
    answer_.message.native_to = "gemini";
    answer_.message.native = std::move(parts_);
    return std::move(answer_);
  }

 private:
  void take_part(const Json& part, const TakeText& take_text) {
    if (!part.is_object() || part.value("thought", Json()) == true) return;
    const std::string piece = text_of(part, "text");
    if (!piece.empty()) {
      answer_.message.text += piece;
      take_text(piece);
    }
    if (part.contains("functionCall") && part["functionCall"].is_object()) {
      const Json& call = part["functionCall"];
      const std::string id = text_of(call, "id");
      answer_.message.calls.push_back(
          {id.empty() ? cat(kOwnId, answer_.message.calls.size()) : id, text_of(call, "name")});
      ToolCall& taken = answer_.message.calls.back();
      if (call.contains("args") && !call["args"].is_object()) {
        read_arguments(call["args"].dump(), taken);
      } else {
        taken.arguments = object_of(call, "args");
      }
    }
    // Plain text is kept as one part; a part with a signature has to come back as it is.
    const bool is_plain = part.size() == 1 && part.contains("text");
    const bool follows_plain = !parts_.empty() && parts_.back().size() == 1 && parts_.back().contains("text");
    if (is_plain && follows_plain) {
      parts_.back()["text"] = text_of(parts_.back(), "text") + piece;
    } else {
      parts_.push_back(part);
    }
  }

  Answer answer_;
  Json parts_ = Json::array();
  bool is_complete_ = false;
};

Json gemini_parts(const Message& message) {
  if (message.role == Message::Role::kModel && message.native_to == "gemini") return message.native;
  Json parts = Json::array();
  if (!message.text.empty()) parts.push_back({{"text", message.text}});
  for (const ToolCall& call : message.calls)
    parts.push_back({{"functionCall", {{"name", call.name}, {"args", call.arguments}}}});
  for (const ToolResult& result : message.results) {
    Json response = Json::parse(result.text, nullptr, false);
    if (!response.is_object()) response = {{result.is_error ? "error" : "result", result.text}};
    Json answered{{"name", result.name}, {"response", response}};
    if (!result.call_id.starts_with(kOwnId)) answered["id"] = result.call_id;
    parts.push_back({{"functionResponse", answered}});
  }
  return parts;
}

class Gemini : public Provider {
 public:
  std::string_view name() const override { return "gemini"; }
  std::string_view usual_base_url() const override {
    return "https://generativelanguage.googleapis.com/v1beta";
  }
  std::string_view usual_model() const override { return "gemini-3.8-flash"; }
  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> kNames{"GEMINI_API_KEY", "GOOGLE_API_KEY"};
    return kNames;
  }

  HttpRequest address(const Endpoint& endpoint) const override {
    HttpRequest request{"POST", cat(endpoint.base_url, "/models/", url_encoded(endpoint.model),
                                    ":streamGenerateContent?alt=sse")};
    if (!endpoint.key.empty()) request.secret_headers.emplace_back("x-goog-api-key", endpoint.key);
    return request;
  }

  Json body(const Endpoint&, const ModelRequest& request) const override {
    Json contents = Json::array();
    for (const Message& message : request.messages) {
      const Json parts = gemini_parts(message);
      if (parts.empty()) continue;
      const bool is_model = message.role == Message::Role::kModel;
      contents.push_back({{"role", is_model ? "model" : "user"}, {"parts", parts}});
    }
    Json body{{"contents", contents}};
    body["systemInstruction"]["parts"] = Json::array({{{"text", request.system}}});
    Json declarations = Json::array();
    for (const ToolOffer& tool : request.tools) {
      declarations.push_back({{"name", tool.name},
                              {"description", tool.description},
                              {"parametersJsonSchema", tool.input_schema}});
    }
    if (!declarations.empty()) body["tools"] = Json::array({{{"functionDeclarations", declarations}}});
    if (request.answer_schema) {
      body["generationConfig"] = {{"responseMimeType", "application/json"},
                                  {"responseJsonSchema", *request.answer_schema}};
    }
    return body;
  }

  std::unique_ptr<AnswerReader> reader() const override { return std::make_unique<GeminiReader>(); }
  Complaint complaint(int status, const Json& body) const override { return gemini_complaint(status, body); }
};

}  // namespace

const Provider& gemini_provider() {
  static const Gemini kProvider;
  return kProvider;
}

}  // namespace osiris::llm
