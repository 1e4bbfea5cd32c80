#include "sandbox/http_range.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris::sandbox {
namespace {

constexpr std::time_t kModified = 784'111'777;  // the example of RFC 9110
constexpr const char* kModifiedText = "Sun, 06 Nov 1994 08:49:37 GMT";

/// "206 3+4" for four bytes from the fourth on.
std::string selected(const std::map<std::string, std::string>& headers, std::uint64_t size = 10) {
  HttpHead head;
  for (const auto& [name, value] : headers) head.headers[name] = value;
  const FileSelection selection = select_bytes(head, size, kModified);
  return cat(selection.status, " ", selection.offset, "+", selection.size_bytes);
}

TEST(HttpRange, Selects_what_is_asked_for) {
  EXPECT_EQ(selected({}), "200 0+10");
  EXPECT_EQ(selected({{"range", "bytes=0-3"}}), "206 0+4");
  EXPECT_EQ(selected({{"range", "bytes=9-"}}), "206 9+1");
  EXPECT_EQ(selected({{"range", "bytes=3-99"}}), "206 3+7");
  EXPECT_EQ(selected({{"range", "bytes=-4"}}), "206 6+4");
  EXPECT_EQ(selected({{"range", "bytes=-40"}}), "206 0+10");
  EXPECT_EQ(selected({{"range", "bytes=10-"}}), "416 0+0");
  EXPECT_EQ(selected({{"range", "bytes=-0"}}), "416 0+0");
  EXPECT_EQ(selected({{"range", "bytes=0-"}}, 0), "200 0+0");
}

TEST(HttpRange, Gives_the_whole_for_a_range_that_it_does_not_take) {
  for (const char* range : {"bytes=", "bytes=-", "bytes=3-1", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2",
                            "bytes 1-2", "bytes=+1-2", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(selected({{"range", range}}), "200 0+10") << range;
  }
}

TEST(HttpRange, Keeps_to_the_conditions) {
  EXPECT_EQ(http_date(kModified), kModifiedText);
  EXPECT_EQ(parse_http_date(kModifiedText), kModified);
  EXPECT_EQ(parse_http_date("yesterday"), std::nullopt);
  EXPECT_EQ(parse_http_date(cat(kModifiedText, " ago")), std::nullopt);
  EXPECT_EQ(selected({{"if-modified-since", kModifiedText}}), "304 0+0");
  EXPECT_EQ(selected({{"if-modified-since", http_date(kModified - 1)}}), "200 0+10");
  EXPECT_EQ(selected({{"if-unmodified-since", http_date(kModified - 1)}}), "412 0+0");
  EXPECT_EQ(selected({{"if-unmodified-since", kModifiedText}}), "200 0+10");
  EXPECT_EQ(selected({{"range", "bytes=1-2"}, {"if-range", kModifiedText}}), "206 1+2");
  EXPECT_EQ(selected({{"range", "bytes=1-2"}, {"if-range", http_date(kModified - 1)}}), "200 0+10");
  EXPECT_EQ(selected({{"range", "bytes=1-2"}, {"if-range", "\"an entity tag\""}}), "200 0+10");
}

}  // namespace
}  // namespace osiris::sandbox
