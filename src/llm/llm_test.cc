#include <gtest/gtest.h>

#include "llm/event_stream.h"
#include "llm/provider.h"
#include "llm/spoken_tools.h"

namespace osiris::llm {
namespace {

std::vector<std::string> events_of(std::string_view text, std::size_t piece) {
  std::vector<std::string> events;
  EventStream stream([&](std::string_view data) { events.emplace_back(data); });
  for (std::size_t at = 0; at < text.size(); at += piece) stream.add(text.substr(at, piece));
  stream.end();
  return events;
}

TEST(EventStream, TakesEveryLineEndAndEveryCut) {
  const std::string text =
      ": a comment\r\nevent: x\r\ndata: {\"a\":\r\ndata:1}\r\n\r\ndata: \xC3\xA9\r\rid: 7\n\ndata\ndata: "
      "last";
  for (std::size_t piece = 1; piece <= text.size(); ++piece)
    EXPECT_EQ(events_of(text, piece), (std::vector<std::string>{"{\"a\":\n1}", "\xC3\xA9", "last"})) << piece;
}

Answer answer_of(const Provider& provider, const std::vector<std::string>& events,
                 std::string* told = nullptr) {
  const auto reader = provider.reader();
  for (const std::string& event : events) {
    EXPECT_FALSE(reader->is_complete()) << event;
    reader->take(Json::parse(event), [&](std::string_view piece) {
      if (told != nullptr) *told += piece;
    });
  }
  return reader->answer();
}

TEST(OpenAi, PutsCallsTogetherThatComeInPiecesAndInOneIndex) {
  std::string told;
  const Answer answer = answer_of(
      openai_provider(),
      {R"({"choices":[{"delta":{"content":"Wa"}}]})", R"({"choices":[{"delta":{"content":"it"}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"plan","arguments":""}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"path\":"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"p.oml\"}"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","extra_content":{"s":1},"function":{"name":"run","arguments":"[1]"}}]}}]})",
       R"({"usage":{"prompt_tokens":7,"completion_tokens":3},"choices":[{"delta":{},"finish_reason":"tool_calls"}]})"},
      &told);
  EXPECT_EQ(told, "Wait");
  EXPECT_EQ(answer.message.text, "Wait");
  ASSERT_EQ(answer.message.calls.size(), 2U);
  EXPECT_EQ(answer.message.calls[0].arguments, Json({{"path", "p.oml"}}));
  EXPECT_EQ(answer.message.calls[0].flaw, "");
  EXPECT_EQ(answer.message.calls[1].name, "run");
  EXPECT_EQ(answer.message.calls[1].flaw, "the arguments are no JSON object: [1]");
  EXPECT_EQ(answer.message.native[1]["extra_content"], Json({{"s", 1}}));
  EXPECT_EQ(answer.usage.input_tokens, 7U);
  EXPECT_EQ(answer.usage.output_tokens, 3U);
}

TEST(Anthropic, SendsThoughtsBackAsTheyCame) {
  const Answer answer = answer_of(
      anthropic_provider(),
      {R"({"type":"message_start","message":{"usage":{"input_tokens":9,"cache_read_input_tokens":2}}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"plan","input":{}}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":":1}"}})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}})",
       R"({"type":"message_stop"})"});
  ASSERT_EQ(answer.message.calls.size(), 1U);
  EXPECT_EQ(answer.message.calls[0].arguments, Json({{"a", 1}}));
  EXPECT_EQ(answer.usage.input_tokens, 11U);
  ModelRequest request{"s", {{Message::Role::kPerson, "hi"}, answer.message}};
  const Json body = anthropic_provider().body({"anthropic", "", "m", Secret(), ""}, request);
  EXPECT_EQ(body["messages"][1]["content"][0],
            Json({{"type", "thinking"}, {"thinking", "hm"}, {"signature", "s"}}));
  EXPECT_EQ(body["messages"][1]["content"][1]["input"], Json({{"a", 1}}));
}

TEST(Gemini, SendsSignaturesBackAndNamesCallsWithoutId) {
  const Answer answer = answer_of(
      gemini_provider(),
      {R"({"candidates":[{"content":{"parts":[{"thought":true,"text":"hm"},{"text":"So"}]}}]})",
       R"({"candidates":[{"content":{"parts":[{"text":" be it"},{"functionCall":{"name":"plan","args":{"a":1}},"thoughtSignature":"g"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":1}})"});
  EXPECT_EQ(answer.message.text, "So be it");
  ASSERT_EQ(answer.message.calls.size(), 1U);
  EXPECT_EQ(answer.usage.output_tokens, 3U);
  const ToolCall& call = answer.message.calls[0];
  Message results{Message::Role::kTools};
  results.results.push_back({call.id, call.name, R"({"x":1})"});
  const ModelRequest request{"s", {answer.message, results}};
  const Json contents = gemini_provider().body({}, request)["contents"];
  EXPECT_EQ(contents[0]["parts"][0], Json({{"text", "So be it"}}));
  EXPECT_EQ(contents[0]["parts"][1]["thoughtSignature"], "g");
  EXPECT_EQ(contents[1]["parts"][0]["functionResponse"], Json({{"name", "plan"}, {"response", {{"x", 1}}}}));
}

TEST(OpenAi, ItsUsualModelDoesNotReasonWhereItCallsTools) {
  const ModelRequest with_tools{"s", {}, {{"plan", "d", Json::object()}}}, without{"s", {}};
  Endpoint endpoint;
  endpoint.model = openai_provider().usual_model();
  EXPECT_EQ(openai_provider().body(endpoint, with_tools)["reasoning_effort"], "none");
  EXPECT_FALSE(openai_provider().body(endpoint, without).contains("reasoning_effort"));
  endpoint.model = "a-model-of-somebody-else";
  EXPECT_FALSE(openai_provider().body(endpoint, with_tools).contains("reasoning_effort"));
}

TEST(Messages, ComeBackAsTheyWere) {
  Message message{Message::Role::kModel, "t"};
  message.calls.push_back({"i", "n", {{"a", 1}}, "f"});
  message.native_to = "gemini";
  message.native_model = "gemini-of-a-year";
  message.native = Json::array({1});
  EXPECT_EQ(to_json(message_of(to_json(message))), to_json(message));
  // Another provider sees it rebuilt.
  EXPECT_EQ(openai_provider().body({}, {"s", {message}})["messages"][1]["tool_calls"][0]["function"]["name"],
            "n");
}

TEST(SpokenTools, AreToldAndHeard) {
  Message said{Message::Role::kModel, "I look."};
  said.calls.push_back({"spoken", "plan", {{"path", "p.oml"}}});
  Message result{Message::Role::kTools};
  result.results.push_back({"spoken", "plan", "{}"});
  const ModelRequest plain = spoken_request(
      {"s", {{Message::Role::kPerson, "hi"}, said, result}, {{"plan", "Plans.", {{"type", "object"}}}}});
  EXPECT_TRUE(plain.tools.empty());
  EXPECT_EQ((*plain.answer_schema)["properties"]["tool"]["enum"], Json({"none", "plan"}));
  EXPECT_EQ(plain.messages[1].text, R"({"say":"I look.","tool":"plan","arguments":{"path":"p.oml"}})");
  EXPECT_EQ(plain.messages[2].role, Message::Role::kPerson);
  Answer answer;
  answer.message = plain.messages[1];
  answer.message.text = "```json\n" + answer.message.text + "\n```";
  const auto heard = heard_answer(answer);
  ASSERT_TRUE(heard && heard->message.calls.size() == 1);
  EXPECT_EQ(heard->message.calls[0].arguments, Json({{"path", "p.oml"}}));
  answer.message.text = R"({"say":"Done","tool":"none","arguments":{}})";
  EXPECT_TRUE(heard_answer(answer)->message.calls.empty());
  answer.message.text = "Done";
  EXPECT_FALSE(heard_answer(answer));
  for (const Provider* provider : all_providers()) {
    const std::string body = provider->body({}, plain).dump();
    EXPECT_NE(body.find(R"("required":["say","tool","arguments"])"), std::string::npos) << provider->name();
  }
}

std::string code_of(const Provider& provider, int status, const char* body) {
  return error_of(provider.complaint(status, Json::parse(body)), {}).code();
}

TEST(Complaints, AreToldApart) {
  EXPECT_EQ(code_of(openai_provider(), 401, R"({"error":{"message":"no"}})"), "llm.wrong_key");
  EXPECT_EQ(code_of(openai_provider(), 429, R"({"error":{"type":"requests","code":"rate_limit_exceeded"}})"),
            "llm.rate_limited");
  EXPECT_EQ(code_of(openai_provider(), 429, R"({"error":{"type":"insufficient_quota"}})"),
            "llm.quota_exhausted");
  EXPECT_EQ(code_of(openai_provider(), 404, R"({"error":{"code":"model_not_found"}})"), "llm.unknown_model");
  EXPECT_EQ(code_of(openai_provider(), 500, R"({"error":{"code":500}})"), "llm.unavailable");
  EXPECT_EQ(code_of(openai_provider(), 400, R"({"error":"too long"})"), "llm.request_refused");
  EXPECT_EQ(code_of(anthropic_provider(), 529, R"({"error":{"type":"overloaded_error"}})"),
            "llm.unavailable");
  EXPECT_EQ(
      code_of(anthropic_provider(), 400,
              R"({"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})"),
      "llm.quota_exhausted");
  EXPECT_EQ(code_of(gemini_provider(), 400, R"({"error":{"details":[{"reason":"API_KEY_INVALID"}]}})"),
            "llm.wrong_key");
  const Complaint wait = gemini_provider().complaint(
      429, Json::parse(R"({"error":{"details":[{"@type":"x.RetryInfo","retryDelay":"34.5s"}]}})"));
  EXPECT_EQ(wait.wait, std::chrono::milliseconds(34'500));
  EXPECT_EQ(
      code_of(gemini_provider(), 429,
              R"({"error":{"details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}})"),
      "llm.quota_exhausted");
}

}  // namespace
}  // namespace osiris::llm
