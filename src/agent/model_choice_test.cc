#include "agent/model_choice.h"

#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

Project project_with(const ModelSettings& model, const std::vector<std::string>& keys) {
  ProjectSettings settings;
  settings.model = model;
  Environment environment;
  for (const std::string& name : keys) environment.set(name, {Secret("key of " + name), "environment"});
  return {"/project", settings, environment, Connections()};
}

llm::Endpoint chosen(const ModelSettings& model, const std::vector<std::string>& keys) {
  return choose_model(project_with(model, keys)).value();
}

TEST(ModelChoice, IsThatOfTheFirstKey) {
  EXPECT_FALSE(choose_model(project_with({}, {"E2B_API_KEY"})));
  EXPECT_EQ(chosen({}, {"GEMINI_API_KEY", "CLAUDE_API_KEY"}).provider, "anthropic");
  EXPECT_EQ(chosen({}, {"GOOGLE_API_KEY"}).key.reveal(), "key of GOOGLE_API_KEY");
  EXPECT_EQ(chosen({}, {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}).base_url, "https://api.openai.com/v1");
}

TEST(ModelChoice, IsThatOfTheSettings) {
  EXPECT_EQ(chosen({"claude", "m", ""}, {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}).model, "m");
  EXPECT_EQ(chosen({"google", "", ""}, {"GEMINI_API_KEY"}).provider, "gemini");
  EXPECT_EQ(chosen({"", "m", "http://localhost:11434/v1"}, {}).provider, "openai");
  const auto refusal = [](const ModelSettings& model) { return error_of([&] { chosen(model, {}); }); };
  EXPECT_EQ(refusal({"openai", "", ""}),
            "llm.no_key: the provider 'openai' wants a key, and OPENAI_API_KEY is not set");
  EXPECT_EQ(refusal({"mistral", "", ""}),
            "llm.unknown_provider: llm.provider in osiris.yaml is none that is known: 'mistral'");
  EXPECT_EQ(refusal({"openai", "", "http://localhost:1/v1"}),
            "llm.no_model: no model is named for http://localhost:1/v1");
}

TEST(ModelChoice, SendsNoKeyWhereOthersCanReadIt) {
  const auto sends_key = [](const char* url) {
    return !chosen({"", "m", url}, {"OPENAI_API_KEY"}).key.empty();
  };
  for (const char* url :
       {"https://models.example.com/v1", "http://localhost:1/v1", "http://127.0.0.1/v1", "http://[::1]:8/v1"})
    EXPECT_TRUE(sends_key(url)) << url;
  for (const char* url : {"http://models.example.com/v1", "http://localhost.example.com/v1",
                          "http://127.0.0.1.example.com:80", "http://user@localhost:80@example.com/"})
    EXPECT_FALSE(sends_key(url)) << url;
}

}  // namespace
}  // namespace osiris
