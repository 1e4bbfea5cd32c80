#include "state/mark_store.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

TEST(MarkStore, Keeps_marks_between_runs) {
  const TestFolder folder;
  const Mark mark{"2024-01-01 00:00:00.000001", {"1", "it's \"2\"", ""}};
  EXPECT_EQ(MarkStore(folder.path()).find("p/read"), std::nullopt);
  EXPECT_FALSE(fs::exists(folder.path() / ".osiris")) << "looking makes nothing";
  MarkStore(folder.path()).save("p/read", {"1", {}});
  MarkStore(folder.path()).save("p/read", mark);
  EXPECT_EQ(MarkStore(folder.path()).find("p/read"), mark);
  EXPECT_EQ(MarkStore(folder.path()).find("p/other"), std::nullopt);
  MarkStore(folder.path()).forget("p/read");
  EXPECT_EQ(MarkStore(folder.path()).find("p/read"), std::nullopt);
}

TEST(MarkStore, Says_what_is_wrong_with_its_file) {
  const TestFolder folder;
  folder.write(".osiris/state.sqlite", std::string(4096, 'x'));
  EXPECT_EQ(error_of([&] { MarkStore(folder.path()).find("p/read"); }).substr(0, 62),
            "state.unusable: the project's state cannot be used: file is no");
}

}  // namespace
}  // namespace osiris
