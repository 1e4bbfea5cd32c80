#include "remote/packing.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris::remote {
namespace {

TEST(Packing, What_is_packed_comes_back) {
  const TestFolder folder;
  std::string large;
  for (int number = 0; number < 200'000; ++number) large += std::to_string(number * 7919 % 1'000'003) + ',';
  for (const std::string& bytes : {std::string(), std::string("a"), std::string(3, '\0'), large}) {
    write_file_atomically(folder.path() / "packed", compressed(bytes, Compression::kZstd));
    unpack_zstd(folder.path() / "packed", folder.path() / "target");
    EXPECT_EQ(read_file(folder.path() / "target"), bytes);
    EXPECT_EQ(MappedFile(folder.path() / "target").bytes(), bytes);
  }
  EXPECT_LT(compressed(large, Compression::kGzip).size(), large.size() / 2);
}

TEST(Packing, Half_a_file_is_refused_and_leaves_no_target) {
  const TestFolder folder;
  const std::string whole = compressed(std::string(100'000, 'x') + "y", Compression::kZstd);
  for (const std::string& bad : {whole.substr(0, whole.size() - 1), std::string("no zstd at all")}) {
    write_file_atomically(folder.path() / "packed", bad);
    EXPECT_EQ(
        error_of([&] { unpack_zstd(folder.path() / "packed", folder.path() / "target"); }).substr(0, 15),
        "file.unreadable");
    EXPECT_FALSE(fs::exists(folder.path() / "target"));
    EXPECT_FALSE(fs::exists(folder.path() / "target.part"));
  }
}

}  // namespace
}  // namespace osiris::remote
