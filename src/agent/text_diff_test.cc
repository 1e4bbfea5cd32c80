#include "agent/text_diff.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

TEST(UnifiedDiff, Of_equal_texts_is_empty) { EXPECT_EQ(unified_diff("p.oml", "a\n", "a\n"), ""); }

TEST(UnifiedDiff, Of_a_new_file_adds_every_line) {
  EXPECT_EQ(unified_diff("p.oml", "", "a\nb\n"), "--- /dev/null\n+++ b/p.oml\n@@ -0,0 +1,2 @@\n+a\n+b\n");
}

TEST(UnifiedDiff, Shows_three_lines_around_a_change) {
  EXPECT_EQ(unified_diff("p.oml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- a/p.oml\n+++ b/p.oml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, Has_a_hunk_for_each_distant_change) {
  EXPECT_EQ(unified_diff("p", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n"),
            "--- a/p\n+++ b/p\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

TEST(UnifiedDiff, Tells_of_a_missing_last_newline) {
  EXPECT_EQ(unified_diff("p", "a\n", "a"),
            "--- a/p\n+++ b/p\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
}

}  // namespace
}  // namespace osiris
