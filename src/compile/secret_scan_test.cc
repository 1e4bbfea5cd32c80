#include "compile/secret_scan.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris {
namespace {

std::string what(std::string_view text) {
  const auto found = find_secrets(text);
  return found.empty() ? "nothing" : std::string(found[0].what);
}

// Put together here, so that no file of the project holds what looks like a secret.
const std::string kDigits40 = "0123456789abcdef0123456789abcdef01234567";

TEST(FindSecrets, finds_what_has_the_shape_of_one) {
  EXPECT_EQ(what("key: |\n  -----BEGIN RSA PRIVATE " + std::string("KEY-----\n")), "a private key");
  EXPECT_EQ(what("t: eyJhbGciOiJIUzI1NiJ9" + std::string(".eyJzdWIiOiIxMjM0NSJ9.") + "abcdefghijklmnop"),
            "a JSON web token");
  EXPECT_EQ(what("x: postgres://shop:" + std::string("hunter22@db/shop")), "an address with a password");
  EXPECT_EQ(what("x: redis://:" + std::string("hunter22@db")), "an address with a password");
  EXPECT_EQ(what("# host=db user=shop password=" + std::string("hunter22")),
            "a connection string with a password");
  EXPECT_EQ(what("x: Server=db;Uid=sa;Pwd=" + std::string("hunter22;")),
            "a connection string with a password");
  EXPECT_EQ(what("x: AKIA" + std::string("IOSFODNN7EXAMPLE")), "an access key");
  EXPECT_EQ(what("x: ghp_" + kDigits40), "an access token");
  EXPECT_EQ(what("x: e2b_" + kDigits40), "an API key");
  EXPECT_EQ(what("x: sk_live_" + kDigits40), "a secret key");
}

TEST(FindSecrets, lets_pass_what_only_looks_alike) {
  for (const char* text :
       {"x: postgres://shop:${PASSWORD}@db/shop", "x: postgres://shop@db/shop",
        "x: https://example.org/a:b@c", "x: postgres://shop:***@db", "x: postgres://user:<password>@host/db",
        "x: postgres://user:password@host/db", "query: SELECT * FROM users WHERE password='x' AND name = 'y'",
        "query: SELECT md5(password) AS pwd", "x: eyJhbGciOiJIUzI1NiJ9", "x: ghp_short",
        "x: sk-learn-pipeline-for-the-whole-shop-and-its-orders",
        "x: npm_config_registry_of_the_whole_company_and_all", "x: MAKIAIOSFODNN7EXAMPLE",
        "x: \"-----BEGIN CERTIFICATE-----\"", "x: host=db user=shop password=${PASSWORD}", "x: \"12:30 a@b\"",
        "path: s3://bucket/a:b@c.csv"}) {
    EXPECT_EQ(what(text), "nothing") << text;
  }
}

TEST(RefuseSecrets, names_the_place_and_never_the_secret) {
  const std::string secret = "hunter" + std::string("22");
  Diagnostics diagnostics;
  EXPECT_TRUE(refuse_secrets("steps:\n  - id: a # mysql://shop:" + secret + "@db\n", "p.oml", diagnostics));
  const auto findings = diagnostics.sorted();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "oml.inline_secret");
  EXPECT_EQ(findings[0].location.line, 2);
  EXPECT_EQ(findings[0].location.column, 18);
  EXPECT_EQ((findings[0].message + findings[0].hint).find(secret), std::string::npos);
}

TEST(RefuseSecrets, looks_at_parameters_from_outside) {
  Diagnostics diagnostics;
  EXPECT_TRUE(refuse_secrets_in_params({{"dsn", "mysql://shop:" + std::string("hunter22@db")}}, "p.oml",
                                       diagnostics));
  EXPECT_FALSE(refuse_secrets_in_params({{"day", "2026-01-01"}, {"n", 5}}, "p.oml", diagnostics));
}

}  // namespace
}  // namespace osiris
