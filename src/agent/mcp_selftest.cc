#include "agent/mcp_selftest.h"

#include "agent/schema_check.h"
#include "base/text.h"

namespace osiris::mcp {

namespace {

/// A client that asks one thing after the other.
class SelfTestClient {
 public:
  explicit SelfTestClient(const World& world)
      : server_(world, [this](const std::string& line) { last_ = Json::parse(line); }) {}

  Json ask(const std::string& method, const Json& params) {
    last_ = Json();
    server_.receive(request_line(1, method, params));
    server_.wait_idle();
    return last_;
  }
  Json call(const std::string& tool, const Json& arguments, Json params = Json::object()) {
    params["name"] = tool;
    params["arguments"] = arguments;
    return ask("tools/call", params);
  }

 private:
  Json last_;
  Server server_;  ///< gone before what it answers into
};

Json stateless() {
  return {{"_meta", {{kVersionKey, kStatelessVersion}, {kCapabilitiesKey, Json::object()}}}};
}

std::string flaw_unless(bool holds, const Json& answer) {
  return holds ? "" : cat("the answer is ", shortened(answer.dump(), 300));
}

std::string flaw_of_call(SelfTestClient& client, const Tool& tool) {
  const Json answer = client.call(tool.name, Json::object());
  const Json result = answer.value("result", Json::object());
  if (result.value("isError", true)) return flaw_unless(false, answer);
  return find_misfit(result["structuredContent"], tool.output_schema).value_or("");
}

}  // namespace

std::vector<SelfTestResult> run_self_test(const World& world) {
  std::vector<SelfTestResult> results;
  const auto add = [&](const std::string& what, const std::string& flaw) { results.push_back({what, flaw}); };
  SelfTestClient client(world);
  Json answer = client.ask("server/discover", stateless());
  add(cat("answers revision ", kStatelessVersion),
      flaw_unless(answer["result"].value("resultType", "") == "complete", answer));
  const std::string version = handshake_versions().front();
  answer = client.ask("initialize", {{"protocolVersion", version},
                                     {"capabilities", Json::object()},
                                     {"clientInfo", {{"name", "selftest"}, {"version", world.version}}}});
  add(cat("answers revision ", version),
      flaw_unless(answer["result"].value("protocolVersion", "") == version, answer));
  answer = client.ask("tools/list", Json::object());
  add(cat("lists ", all_tools().size(), " tools"),
      flaw_unless(answer["result"]["tools"].size() == all_tools().size(), answer));
  for (const Tool& tool : all_tools()) {
    const bool needs_nothing = tool.effect == Tool::Effect::kLooks && tool.input_schema["properties"].empty();
    if (needs_nothing) add(cat("calls ", tool.name), flaw_of_call(client, tool));
  }
  answer = client.call("oml_draft", {{"path", "selftest.oml"}, {"text", "steps: []\n"}});
  add("writes nothing without a yes", flaw_unless(answer["result"].value("isError", false), answer));
  answer = client.ask("resources/read", {{"uri", "osiris://oml/schema"}});
  add("reads a resource", flaw_unless(answer["result"].contains("contents"), answer));
  answer = client.ask("prompts/list", Json::object());
  add("lists prompts", flaw_unless(answer["result"].contains("prompts"), answer));
  return results;
}

}  // namespace osiris::mcp
