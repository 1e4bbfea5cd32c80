#include "sandbox/file_signature.h"

#include <gtest/gtest.h>

namespace osiris::sandbox {

namespace {

HttpHead asking(const std::string& method, const std::vector<std::pair<std::string, std::string>>& query) {
  HttpHead head;
  head.method = method;
  head.query = query;
  return head;
}

// printf 'a.txt:read::ta_1' | openssl dgst -sha256 -binary | base64
constexpr const char* kRead = "v1_DjA8GOo15EwOBtG63Fm9u8IYJ16A5PHpkWM2YujDJN0";
// printf 'a.txt:write:user:ta_1:1000' | openssl dgst -sha256 -binary | base64
constexpr const char* kWriteUntil1000 = "v1_nbh/7bUj+TO5Cqf5kEy/azSG9MXqQl3uZ6bkhjQpLvs";

TEST(FileSignature, Signature_opens_what_it_was_made_for) {
  const Secret token("ta_1");
  EXPECT_TRUE(has_signature(asking("GET", {{"path", "a.txt"}, {"signature", kRead}}), token, 5));
  EXPECT_FALSE(has_signature(asking("POST", {{"path", "a.txt"}, {"signature", kRead}}), token, 5));
  EXPECT_FALSE(has_signature(asking("GET", {{"path", "b.txt"}, {"signature", kRead}}), token, 5));
  EXPECT_FALSE(has_signature(asking("GET", {{"path", "a.txt"}, {"signature", kRead}}), Secret("ta_2"), 5));
  EXPECT_FALSE(
      has_signature(asking("GET", {{"path", "a.txt"}, {"signature", kRead}, {"username", "x"}}), token, 5));
  EXPECT_FALSE(has_signature(asking("GET", {{"path", "a.txt"}}), token, 5));
}

TEST(FileSignature, Signature_expires) {
  const auto write = [](const std::string& expiration) {
    return asking("POST", {{"path", "a.txt"},
                           {"username", "user"},
                           {"signature", kWriteUntil1000},
                           {"signature_expiration", expiration}});
  };
  const Secret token("ta_1");
  EXPECT_TRUE(has_signature(write("1000"), token, 1000));
  EXPECT_FALSE(has_signature(write("1000"), token, 1001));
  EXPECT_FALSE(has_signature(write("2000"), token, 1000));
  EXPECT_FALSE(has_signature(write("x"), token, 1000));
}

TEST(FileSignature, Without_a_token_there_is_no_signature) {
  EXPECT_FALSE(has_signature(
      asking("GET", {{"path", "a.txt"}, {"signature", "v1_F4r1Y732WiTONNgMHiSgyrPuhCb+FiQB/s37ze4VycY"}}),
      Secret(), 5));
}

}  // namespace

}  // namespace osiris::sandbox
