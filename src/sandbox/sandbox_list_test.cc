#include "sandbox/sandbox_list.h"

#include <gtest/gtest.h>

namespace osiris::sandbox {

namespace {

TEST(SandboxList, Metadata_of_a_query_is_decoded_twice_more) {
  using Metadata = std::map<std::string, std::string>;
  EXPECT_EQ(metadata_of_query(""), Metadata());
  EXPECT_EQ(metadata_of_query("run=r-1&owner=a%2520b"), (Metadata{{"run", "r-1"}, {"owner", "a b"}}));
  EXPECT_EQ(metadata_of_query("a=%2526%253D&b"), (Metadata{{"a", "&="}}));
}

}  // namespace

}  // namespace osiris::sandbox
