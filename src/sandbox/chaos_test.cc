#include "sandbox/chaos.h"

#include <chrono>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris::sandbox {

namespace {

HttpHead request(const std::string& method, const std::string& path) {
  HttpHead head;
  head.method = method;
  head.path = path;
  return head;
}

TEST(Chaos, Fault_meets_the_requests_that_it_names) {
  const TestFolder folder;
  Chaos chaos(folder.write(
      "c.json", R"({"faults":[{"path":"/files","method":"POST","skip":1,"times":1,"status":429}]})"));
  EXPECT_EQ(chaos.fault_of(request("POST", "/files")).status, 0);
  EXPECT_EQ(chaos.fault_of(request("GET", "/files")).status, 0);
  EXPECT_EQ(chaos.fault_of(request("POST", "/other")).status, 0);
  EXPECT_EQ(chaos.fault_of(request("POST", "/files")).status, 429);
  EXPECT_EQ(chaos.fault_of(request("POST", "/files")).status, 0);
  EXPECT_FALSE(chaos.is_old_envd());
}

TEST(Chaos, Faults_add_up_and_change_with_their_file) {
  const TestFolder folder;
  const fs::path file =
      folder.write("c.json", R"({"old_envd":true,"faults":[{"delay_ms":5},{"delay_ms":7,"cut_at_byte":3}]})");
  Chaos chaos(file);
  EXPECT_TRUE(chaos.is_old_envd());
  EXPECT_EQ(chaos.fault_of(request("GET", "/")).delay_ms, 12);
  EXPECT_EQ(chaos.fault_of(request("GET", "/")).cut.after_bytes, 3U);
  folder.write("c.json",
               R"({"faults":[{"disk_full":true},{"path":"/x","hang":true},{"path":"/y","expire":true}]})");
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(2));
  EXPECT_EQ(chaos.fault_of(request("GET", "/")).status, 507);
  EXPECT_TRUE(chaos.fault_of(request("GET", "/x")).hangs);
  EXPECT_TRUE(chaos.fault_of(request("GET", "/y")).expires);
}

TEST(Chaos, What_is_no_fault_is_refused) {
  const TestFolder folder;
  for (const char* text : {"[]", "{", R"({"faults":[1]})", R"({"faults":[{"oops":1}]})",
                           R"({"faults":[{"delay_ms":-1}]})", R"({"faults":[{"path":1}]})"}) {
    const fs::path file = folder.write("c.json", text);
    EXPECT_NE(error_of([&] { const Chaos chaos(file); }).find("sandbox.bad_chaos"), std::string::npos)
        << text;
  }
}

}  // namespace

}  // namespace osiris::sandbox
