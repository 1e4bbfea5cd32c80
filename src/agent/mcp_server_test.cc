#include "agent/mcp_server.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/mcp_selftest.h"
#include "agent/mcp_stdio.h"
#include "base/file_system.h"
#include "base/test_folder.h"
#include "base/text.h"

namespace osiris::mcp {
namespace {

using testing::HasSubstr;

constexpr const char* kOml =
    "steps:\n  - {id: read, component: filesystem.csv_extractor, config: {path: in.csv}}\n"
    "  - {id: write, component: filesystem.csv_writer, config: {path: out.csv}}\n";

/// A client in a project of its own. Answers are gathered by their ids.
class McpServer : public testing::Test {
 protected:
  McpServer()
      : server_({[this] { return open(); }, registry_, "9.9"}, [this](const std::string& line) {
          const std::lock_guard<std::mutex> lock(mutex_);
          sent_.push_back(Json::parse(line));
          if (on_sent_) on_sent_(sent_.back());
        }) {
    write_file_atomically(folder_.path() / "in.csv", "a\n1\n2\n");
    write_file_atomically(folder_.path() / "p.oml", kOml);
  }

  Project open() const { return Project::open(folder_.path(), folder_.path(), Environment()); }

  Json ask(const std::string& method, const Json& params = Json::object()) {
    const std::string id = cat("call-", ++last_id_);
    server_.receive(request_line(id, method, params));
    server_.wait_idle();
    return answer_to(id);
  }
  Json answer_to(const Json& id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Json& message : sent_) {
      if (message["id"] == id && !message.contains("method")) return message;
    }
    return {{"none", true}};
  }
  Json last() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sent_.empty() ? Json() : sent_.back();
  }
  Json say(std::string_view line) {
    server_.receive(line);
    return last();
  }

  void shake_hands(const Json& capabilities = Json::object(), const std::string& version = "2025-11-25") {
    ask("initialize",
        {{"protocolVersion", version}, {"capabilities", capabilities}, {"clientInfo", Json::object()}});
  }
  static Json stateless(Json params, const Json& capabilities = Json::object()) {
    params["_meta"] = {{kVersionKey, "2026-07-28"}, {kCapabilitiesKey, capabilities}};
    return params;
  }
  static Json tool(const std::string& name, const Json& arguments) {
    return {{"name", name}, {"arguments", arguments}};
  }
  /// Answers every form with this.
  void answer_forms(const Json& result) {
    on_sent_ = [this, result](const Json& message) {
      if (message.value("method", "") != "elicitation/create") return;
      forms_.push_back(message["params"]);
      answerer_ = std::thread([this, line = result_line(message["id"], result)] { server_.receive(line); });
    };
  }
  ~McpServer() override {
    if (answerer_.joinable()) answerer_.join();
  }

  std::string error_code(const Json& answer) {
    const Json content = answer["result"]["content"][0]["text"];
    return Json::parse(content.get<std::string>())["error"]["code"];
  }

  TestFolder folder_;
  Registry registry_;
  std::mutex mutex_;
  std::vector<Json> sent_, forms_;
  std::function<void(const Json&)> on_sent_;
  std::thread answerer_;
  int last_id_ = 0;
  Server server_;
};

const Json kForms{{"elicitation", {{"form", Json::object()}}}};
const Json kYes{{"action", "accept"}, {"content", {{"allow", true}}}};

TEST_F(McpServer, Agrees_on_a_revision_with_a_handshake) {
  EXPECT_EQ(ask("initialize", {{"protocolVersion", "2025-11-25"}})["result"]["protocolVersion"],
            "2025-11-25");
  EXPECT_EQ(ask("initialize", {{"protocolVersion", "2025-06-18"}})["result"]["protocolVersion"],
            "2025-06-18");
  EXPECT_EQ(ask("initialize", {{"protocolVersion", "2019-01-01"}})["result"]["protocolVersion"], "2025-11-25")
      << "an unknown one is answered with the newest";
  EXPECT_EQ(ask("initialize", {{"protocolVersion", 7}})["error"]["code"], kInvalidParams);
  EXPECT_EQ(ask("ping")["result"], Json::object());
  const Json tools = ask("tools/list")["result"];
  EXPECT_EQ(tools["tools"].size(), all_tools().size());
  EXPECT_FALSE(tools.contains("resultType")) << "the older revision has no such word";
}

TEST_F(McpServer, Answers_without_a_handshake) {
  const Json answer = ask("server/discover", stateless(Json::object()))["result"];
  EXPECT_EQ(answer["resultType"], "complete");
  EXPECT_EQ(answer["supportedVersions"], Json({"2026-07-28", "2025-11-25", "2025-06-18"}));
  EXPECT_EQ(answer["_meta"][kServerInfoKey]["version"], "9.9");
  const Json tools = ask("tools/list", stateless(Json::object()))["result"];
  EXPECT_GT(tools["ttlMs"], 0);
  EXPECT_EQ(tools["cacheScope"], "private");
  EXPECT_EQ(ask("ping", stateless(Json::object()))["error"]["code"], kMethodNotFound);
  const Json other{{"_meta", {{kVersionKey, "2031-01-01"}}}};
  const Json error = ask("tools/list", other)["error"];
  EXPECT_EQ(error["code"], kUnsupportedVersion);
  EXPECT_EQ(error["data"]["requested"], "2031-01-01");
}

TEST_F(McpServer, Wants_one_or_the_other_first) {
  EXPECT_EQ(ask("tools/list")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(ask("server/discover")["error"]["code"], kInvalidParams);
}

TEST_F(McpServer, Survives_garbage) {
  EXPECT_EQ(say("not json")["error"]["code"], kParseError);
  EXPECT_EQ(say("[]")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(say(R"({"jsonrpc":"1.0","id":4,"method":"ping"})")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(last()["id"], 4);
  EXPECT_EQ(say(R"({"jsonrpc":"2.0","id":null,"method":"ping"})")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(say(R"({"jsonrpc":"2.0","id":1,"method":7})")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(say(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})")["error"]["code"],
            kInvalidRequest);
  EXPECT_EQ(say(R"({"jsonrpc":"2.0","id":1})")["error"]["code"], kInvalidRequest);
  EXPECT_EQ(say("\xff\xfe")["error"]["code"], kParseError);
  EXPECT_EQ(say(std::string(1'000'000, '['))["error"]["code"], kInvalidRequest) << "too deep";
  const std::size_t count = sent_.size();
  server_.receive("");
  server_.receive(R"({"jsonrpc":"2.0","method":"notifications/nobody"})");
  server_.receive(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[1]}})");
  server_.receive(R"({"jsonrpc":"2.0","id":"osiris-77","result":{}})");
  EXPECT_EQ(sent_.size(), count) << "nothing of this wants an answer";
  shake_hands();
  EXPECT_EQ(ask("no/such")["error"]["code"], kMethodNotFound);
  EXPECT_EQ(ask("tools/list", {{"cursor", "x"}})["error"]["code"], kInvalidParams);
}

TEST_F(McpServer, Calls_tools_and_says_why_it_does_not) {
  shake_hands();
  const Json result = ask("tools/call", tool("oml_validate", {{"path", "p.oml"}}))["result"];
  EXPECT_EQ(result["isError"], false);
  EXPECT_EQ(result["structuredContent"]["valid"], true);
  EXPECT_EQ(Json::parse(result["content"][0]["text"].get<std::string>()), result["structuredContent"]);
  EXPECT_THAT(ask("tools/call", tool("oml_validat", Json::object()))["error"]["message"].get<std::string>(),
              HasSubstr("did you mean 'oml_validate'?"));
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_validate", {{"file", "p.oml"}}))),
            "agent.invalid_arguments");
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_validate", Json::array()))), "agent.invalid_arguments");
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_validate", {{"path", "../p.oml"}}))),
            "agent.outside_project");
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_validate", {{"path", "/etc/passwd"}}))),
            "agent.outside_project");
  EXPECT_EQ(error_code(ask("tools/call", tool("run_status", Json::object()))), "session.unknown");
}

TEST_F(McpServer, Refuses_to_write_where_nobody_can_be_asked) {
  shake_hands();
  const Json draft{{"path", "new.oml"}, {"text", kOml}};
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_draft", draft))), "agent.no_consent");
  const Json error = ask("tools/call", stateless(tool("oml_draft", draft)))["error"];
  EXPECT_EQ(error["code"], kMissingCapability);
  EXPECT_TRUE(error["data"]["requiredCapabilities"].contains("elicitation"));
  EXPECT_FALSE(fs::exists(folder_.path() / "new.oml"));
}

TEST_F(McpServer, Writes_a_draft_after_a_yes_to_what_was_shown) {
  shake_hands(kForms);
  answer_forms(kYes);
  const Json draft{{"path", "p.oml"}, {"edits", Json::array({{{"old", "out.csv"}, {"new", "other.csv"}}})}};
  const Json answer = ask("tools/call", tool("oml_draft", draft))["result"]["structuredContent"];
  EXPECT_EQ(answer["written"], true);
  ASSERT_EQ(forms_.size(), 1U);
  EXPECT_THAT(forms_[0]["message"].get<std::string>(),
              HasSubstr("+  - {id: write, component: filesystem.csv_writer, config: {path: other.csv}}"));
  EXPECT_THAT(read_file(folder_.path() / "p.oml"), HasSubstr("other.csv"));
}

TEST_F(McpServer, Writes_nothing_after_a_no) {
  shake_hands(kForms);
  const std::vector<Json> noes{{{"action", "decline"}},
                               {{"action", "cancel"}},
                               {{"action", "accept"}},
                               {{"action", "accept"}, {"content", {{"allow", false}}}},
                               {{"action", "accept"}, {"content", {{"allow", "yes"}}}}};
  for (const Json& no : noes) {
    answer_forms(no);
    const Json answer = ask("tools/call", tool("oml_draft", {{"path", "p.oml"}, {"text", "steps: []\n"}}));
    EXPECT_EQ(answer["result"]["structuredContent"]["written"], false) << no.dump();
    if (answerer_.joinable()) answerer_.join();
  }
  EXPECT_EQ(forms_.size(), noes.size());
  EXPECT_EQ(read_file(folder_.path() / "p.oml"), kOml);
}

TEST_F(McpServer, Writes_no_secret_whoever_says_yes) {
  shake_hands(kForms);
  answer_forms(kYes);
  const std::string oml = cat(kOml, "# postgresql://ada:a-real-password@db.example.com/shop\n");
  EXPECT_EQ(error_code(ask("tools/call", tool("oml_draft", {{"path", "p.oml"}, {"text", oml}}))),
            "oml.inline_secret");
  EXPECT_TRUE(forms_.empty()) << "nobody is asked for it";
  EXPECT_EQ(read_file(folder_.path() / "p.oml"), kOml);
}

TEST_F(McpServer, Counts_a_handed_answer_once_and_for_what_was_shown) {
  const auto call = [&](Json params) {
    return ask("tools/call", stateless(std::move(params), kForms))["result"];
  };
  Json draft = tool("oml_draft", {{"path", "new.oml"}, {"text", kOml}});
  const Json question = call(draft);
  EXPECT_EQ(question["resultType"], "input_required");
  EXPECT_EQ(question["inputRequests"]["consent"]["method"], "elicitation/create");
  const auto answered = [&](Json params, const Json& asked) {
    params["inputResponses"] = {{"consent", kYes}};
    params["requestState"] = asked["requestState"];
    return params;
  };
  Json forged = draft;
  forged["inputResponses"] = {{"consent", kYes}};
  forged["requestState"] = "0123";
  EXPECT_EQ(call(forged)["resultType"], "input_required") << "a word that nobody handed out";
  Json other = tool("oml_draft", {{"path", "new.oml"}, {"text", "steps: []\n"}});
  EXPECT_EQ(call(answered(other, question))["resultType"], "input_required") << "a yes to something else";
  const Json again = call(draft);
  const Json done = call(answered(draft, again));
  EXPECT_EQ(done["structuredContent"]["written"], true);
  EXPECT_EQ(done["resultType"], "complete");
  fs::remove(folder_.path() / "new.oml");
  EXPECT_EQ(call(answered(draft, again))["resultType"], "input_required") << "a yes counts once";
}

TEST_F(McpServer, Runs_the_manifest_that_was_shown_and_no_other) {
  shake_hands(kForms);
  answer_forms(kYes);
  const Json compiled =
      ask("tools/call", tool("compile", {{"path", "p.oml"}}))["result"]["structuredContent"];
  const Json other{{"manifest", compiled["manifest"]}, {"fingerprint", "sha256:0"}};
  EXPECT_EQ(error_code(ask("tools/call", tool("run", other))), "agent.wrong_fingerprint");
  EXPECT_TRUE(forms_.empty());
  const Json wanted{{"manifest", compiled["manifest"]}, {"fingerprint", compiled["fingerprint"]}};
  const Json ran = ask("tools/call", tool("run", wanted))["result"]["structuredContent"];
  EXPECT_EQ(ran["status"], "success");
  EXPECT_EQ(ran["total_rows"], 2);
  ASSERT_EQ(forms_.size(), 1U);
  EXPECT_THAT(forms_[0]["message"].get<std::string>(),
              HasSubstr("filesystem.csv_writer, write, path out.csv"));
  EXPECT_EQ(read_file(folder_.path() / "out.csv"), "a\n1\n2\n");
  const Json lines =
      ask("tools/call", tool("logs_show", {{"list", "events"}, {"last", 3}}))["result"]["structuredContent"];
  EXPECT_EQ(lines["lines"].size(), 3U);
  EXPECT_GT(lines["left_out"], 0);
}

TEST_F(McpServer, Gives_a_call_up_that_is_cancelled) {
  shake_hands(kForms);
  on_sent_ = [this](const Json& message) {
    if (message.value("method", "") != "elicitation/create") return;
    answerer_ = std::thread([this] {
      server_.receive(
          R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"call-2"}})");
    });
  };
  const Json answer = ask("tools/call", tool("oml_draft", {{"path", "p.oml"}, {"text", "steps: []\n"}}));
  EXPECT_TRUE(answer.contains("none")) << "whoever cancelled wants no answer";
  EXPECT_EQ(read_file(folder_.path() / "p.oml"), kOml);
}

TEST_F(McpServer, Reads_resources_and_prompts) {
  shake_hands();
  const Json schema = ask("resources/read", {{"uri", "osiris://oml/schema"}})["result"]["contents"][0];
  EXPECT_EQ(Json::parse(schema["text"].get<std::string>())["required"], Json({"steps"}));
  const Json missing{{"uri", "osiris://sessions/run_1"}};
  EXPECT_EQ(ask("resources/read", missing)["error"]["code"], kResourceNotFound);
  EXPECT_EQ(ask("resources/read", stateless(missing))["error"]["code"], kInvalidParams);
  EXPECT_EQ(ask("resources/read", {{"uri", "osiris://sessions/../../etc"}})["error"]["code"],
            kResourceNotFound);
  const Json prompt =
      ask("prompts/get", {{"name", "fix_pipeline"}, {"arguments", {{"path", "p.oml"}}}})["result"];
  EXPECT_THAT(prompt["messages"][0]["content"]["text"].get<std::string>(), HasSubstr("Check p.oml with"));
  EXPECT_EQ(ask("prompts/get", {{"name", "fix_pipeline"}})["error"]["code"], kInvalidParams);
  EXPECT_EQ(ask("prompts/get", {{"name", "nothing"}})["error"]["code"], kInvalidParams);
}

TEST_F(McpServer, Hands_lists_out_in_pages) {
  constexpr int kSessions = 120;
  for (int number = 0; number < kSessions; ++number) {
    const fs::path session = folder_.path() / "logs" / cat("run_", 1'700'000'000'000 + number);
    make_folders(session);
    write_file_atomically(session / "events.jsonl", "");
  }
  shake_hands();
  std::vector<std::string> uris;
  Json params = Json::object();
  for (int page = 0; page == 0 || params.contains("cursor"); ++page) {
    ASSERT_LT(page, 10);
    const Json result = ask("resources/list", params)["result"];
    EXPECT_EQ(result, ask("resources/list", params)["result"]) << "a page is the same again";
    for (const Json& each : result["resources"]) uris.push_back(each["uri"]);
    params = Json::object();
    if (result.contains("nextCursor")) params["cursor"] = result["nextCursor"];
    // What comes meanwhile shifts nothing.
    make_folders(folder_.path() / "logs" / cat("run_", 1'800'000'000'000 + page));
    write_file_atomically(folder_.path() / "logs" / cat("run_", 1'800'000'000'000 + page) / "events.jsonl",
                          "");
  }
  EXPECT_EQ(uris.size(), 1 + registry_.names().size() + kSessions) << "nothing twice, nothing left out";
  EXPECT_EQ(uris.front(), "osiris://oml/schema");
  EXPECT_EQ(uris.back(), "osiris://sessions/run_1700000000000") << "the newest session is the first";
  EXPECT_EQ(std::set(uris.begin(), uris.end()).size(), uris.size());
  for (const Json& cursor : {Json("none"), Json(7), Json(nullptr)}) {
    for (const char* list : {"tools/list", "resources/list", "resources/templates/list", "prompts/list"})
      EXPECT_EQ(ask(list, {{"cursor", cursor}})["error"]["code"], kInvalidParams) << list << cursor;
  }
  fs::remove_all(folder_.path() / "logs");
  EXPECT_EQ(ask("resources/list", {{"cursor", uris.back()}})["error"]["code"], kInvalidParams)
      << "the entry has gone";
}

TEST_F(McpServer, Completes_arguments) {
  write_file_atomically(folder_.path() / "osiris_connections.yaml",
                        "connections:\n  sqlite: {shop: {path: s.sqlite}, stock: {path: t.sqlite}}\n");
  for (const char* file : {"etl/orders.oml", ".hidden/x.oml", "logs/run_1/y.oml"}) {
    make_folders((folder_.path() / file).parent_path());
    write_file_atomically(folder_.path() / file, kOml);
  }
  write_file_atomically(folder_.path() / "logs" / "run_1" / "events.jsonl", "");
  shake_hands();
  const auto complete = [&](const Json& ref, const std::string& name, const Json& value) {
    return ask("completion/complete", {{"ref", ref}, {"argument", {{"name", name}, {"value", value}}}});
  };
  const auto values = [&](const Json& ref, const std::string& name, const std::string& value) {
    return complete(ref, name, value)["result"]["completion"]["values"];
  };
  const auto prompt = [](const char* name) { return Json{{"type", "ref/prompt"}, {"name", name}}; };
  const auto address = [](const char* uri) { return Json{{"type", "ref/resource"}, {"uri", uri}}; };
  EXPECT_EQ(values(prompt("fix_pipeline"), "path", ""), Json({"etl/orders.oml", "p.oml"}));
  EXPECT_EQ(values(prompt("fix_pipeline"), "path", "etl/"), Json({"etl/orders.oml"}));
  EXPECT_EQ(values(prompt("describe_connection"), "connection", "@sqlite.sh"), Json({"@sqlite.shop"}));
  EXPECT_EQ(values(prompt("explain_run"), "session", "run"), Json({"run_1"}));
  EXPECT_EQ(values(prompt("new_pipeline"), "request", "Co"), Json::array());
  EXPECT_EQ(values(address("osiris://sessions/{id}"), "id", "run_"), Json({"run_1"}));
  const Json found = complete(address("osiris://components/{name}"), "name", "filesystem.csv_")["result"];
  EXPECT_EQ(found["completion"]["values"], Json({"filesystem.csv_extractor", "filesystem.csv_writer"}));
  EXPECT_EQ(found["completion"]["total"], 2);
  EXPECT_EQ(found["completion"]["hasMore"], false);
  const std::vector<std::pair<Json, std::string>> unknown{{prompt("nothing"), "path"},
                                                          {prompt("fix_pipeline"), "file"},
                                                          {address("osiris://nothing/{id}"), "id"},
                                                          {{{"type", "ref/other"}}, "id"},
                                                          {Json(7), "id"}};
  for (const auto& [ref, name] : unknown)
    EXPECT_EQ(complete(ref, name, "")["error"]["code"], kInvalidParams) << ref;
  EXPECT_EQ(complete(prompt("fix_pipeline"), "path", 7)["error"]["code"], kInvalidParams);
}

TEST_F(McpServer, Completes_with_at_most_a_hundred_values) {
  for (int number = 0; number < 130; ++number)
    write_file_atomically(folder_.path() / cat("many_", number, ".oml"), kOml);
  shake_hands();
  const Json ref{{"type", "ref/prompt"}, {"name", "fix_pipeline"}};
  const Json found = ask("completion/complete",
                         {{"ref", ref}, {"argument", {{"name", "path"}, {"value", "many_"}}}})["result"];
  EXPECT_EQ(found["completion"]["values"].size(), 100U);
  EXPECT_EQ(found["completion"]["total"], 130);
  EXPECT_EQ(found["completion"]["hasMore"], true);
}

TEST_F(McpServer, Passes_its_own_test) {
  for (const SelfTestResult& result : run_self_test({[this] { return open(); }, registry_, "9.9"}))
    EXPECT_EQ(result.flaw, "") << result.what;
}

TEST(LineReader, Passes_over_what_is_too_long) {
  std::vector<std::string> lines;
  int refused = 0;
  LineReader reader(
      4, [&](std::string_view line) { lines.emplace_back(line); }, [&] { ++refused; });
  reader.add("ab");
  reader.add("c\nabcde");
  reader.add("fgh\nxy\n\nabcd\n");
  EXPECT_THAT(lines, testing::ElementsAre("abc", "xy", "", "abcd"));
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace osiris::mcp
