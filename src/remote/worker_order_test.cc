#include "remote/worker_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris::remote {
namespace {

TEST(WorkerOrder, Says_over_the_wire_what_it_says_here) {
  WorkerOrder order;
  order.session_ms = 1'795'850'745'846;
  order.folder = "/home/user/osiris";
  order.manifest = "name: x\nsteps: []\n";
  order.shown_path = "logs/run_1/compile_2/manifest.yaml";
  order.connections = {{.family = "f",
                        .alias = "main",
                        .is_default = true,
                        .fields = {{"host", "${HOST}", {"osiris_connections.yaml", 4, 13}}},
                        .location = {"osiris_connections.yaml", 3, 5}}};
  order.variables = {{"HOST", Secret("db.example\n\"x\""), ".env:3"}};
  order.environment = {{"HTTPS_PROXY", Secret("http://u:hunter3@proxy"), "--e2b-env"}};
  order.marks = {{"p/read", Mark{"2026-01-01", {"7", "8"}}}, {"p/other", std::nullopt}};
  order.trees = {"out/by_country"};
  order.settings.allow_external_access = true;
  order.settings.value_ranges = false;
  order.options.row_limit = 7;
  order.options.fail_fast = true;
  order.options.jobs = 3;
  order.options.range = {true, "2026-01-01", std::nullopt};
  order.options.installs_packages = true;

  const std::string line = to_line(order);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const WorkerOrder back = parse_order(line);
  EXPECT_EQ(to_line(back), line);
  EXPECT_EQ(back.session_ms, order.session_ms);
  EXPECT_EQ(back.manifest, order.manifest);
  EXPECT_EQ(back.connections.at(0).fields.at(0).location.line, 4);
  EXPECT_EQ(back.variables.at(0).value.reveal(), "db.example\n\"x\"");
  EXPECT_EQ(back.environment.at(0).value.reveal(), "http://u:hunter3@proxy");
  EXPECT_EQ(back.marks.at(0).mark, order.marks.at(0).mark);
  EXPECT_EQ(back.marks.at(1).mark, std::nullopt);
  EXPECT_EQ(back.trees, order.trees);
  EXPECT_TRUE(back.settings.allow_external_access);
  EXPECT_FALSE(back.settings.value_ranges);
  EXPECT_EQ(back.options.row_limit, 7U);
  EXPECT_EQ(back.options.range.from, "2026-01-01");
  EXPECT_EQ(back.options.range.to, std::nullopt);
  EXPECT_TRUE(back.options.installs_packages);
}

TEST(WorkerOrder, A_line_that_is_none_is_refused_and_not_quoted) {
  for (const char* const line : {"", "hunter2", "{}", "[]", "{\"session_ms\":\"hunter2\"}"}) {
    const std::string error = error_of([&] { parse_order(line); });
    EXPECT_THAT(error, testing::StartsWith("worker.order")) << line;
    EXPECT_THAT(error, testing::Not(testing::HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace osiris::remote
