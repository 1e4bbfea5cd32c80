#include "sandbox/front.h"

#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris::sandbox {

namespace {

HttpHead head_with(std::map<std::string, std::string, std::less<>> headers) {
  HttpHead head;
  head.headers = std::move(headers);
  return head;
}

bool is_refused(std::map<std::string, std::string, std::less<>> headers) {
  const HttpHead head = head_with(std::move(headers));
  return error_of([&] { check_origin(head); }).starts_with("sandbox.permission_denied");
}

TEST(Front, Sandbox_is_named_by_header_or_host) {
  EXPECT_EQ(sandbox_of(head_with({{"host", "localhost:3310"}})), "");
  EXPECT_EQ(sandbox_of(head_with({{"e2b-sandbox-id", "i12-client"}, {"e2b-sandbox-port", "49983"}})), "i12");
  EXPECT_EQ(sandbox_of(head_with({{"host", "49983-i12.e2b.app:80"}})), "i12");
  EXPECT_EQ(sandbox_of(head_with({{"host", "49983-i12-client.e2b.app"}})), "i12");
  EXPECT_EQ(sandbox_of(head_with({{"host", "49983-i12.e2b.app"}, {"e2b-sandbox-id", "i34"}})), "i34");
  EXPECT_EQ(sandbox_of(head_with({{"host", "my-machine"}})), "");
  EXPECT_EQ(error_of([] {
              sandbox_of(head_with({{"host", "3000-i12.e2b.app"}}));
            }),
            "sandbox.unimplemented: this server reaches no other port of a sandbox: '3000'");
  EXPECT_TRUE(error_of([] {
                sandbox_of(head_with({{"e2b-sandbox-id", "i12"}, {"e2b-sandbox-port", "80"}}));
              }).starts_with("sandbox.unimplemented"));
}

TEST(Front, Names_of_this_machine_are_answered) {
  for (const char* host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:3310", "[::1]", "[::1]:3310", "a.localhost"})
    EXPECT_FALSE(is_refused({{"host", host}})) << host;
  for (const char* host :
       {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "x-y"})
    EXPECT_TRUE(is_refused({{"host", host}})) << host;
}

TEST(Front, Pages_of_other_sites_are_refused) {
  EXPECT_FALSE(is_refused({{"host", "localhost:1"}, {"origin", "http://localhost:1"}}));
  EXPECT_TRUE(is_refused({{"host", "localhost:1"}, {"origin", "http://localhost:2"}}));
  EXPECT_TRUE(is_refused({{"host", "localhost:1"}, {"origin", "null"}}));
  EXPECT_TRUE(is_refused({{"host", "localhost:1"}, {"sec-fetch-site", "cross-site"}}));
}

}  // namespace

}  // namespace osiris::sandbox
