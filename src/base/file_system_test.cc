#include "base/file_system.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::StartsWith;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(ReadFile, Gives_every_byte) {
  const TestFolder folder;
  std::string bytes = std::string("a\0b\r\n\xFF", 6) + std::string(200'000, 'x');
  EXPECT_EQ(read_file(folder.write("data", bytes)), bytes);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
  EXPECT_NE(read_file("/proc/self/status"), "") << "a file whose size the system does not tell";
}

TEST(ReadFile, Tells_a_missing_file_from_one_that_cannot_be_read) {
  const TestFolder folder;
  const fs::path loop = folder.path() / "loop";
  fs::create_symlink(loop, loop);
  EXPECT_EQ(read_file_if_exists(folder.path() / "missing"), std::nullopt);
  EXPECT_EQ(read_file_if_exists(folder.write("file", "") / "below"), std::nullopt);
  EXPECT_THAT(error_of([&] { read_file(folder.path() / "missing"); }), StartsWith("file.not_found: "));
  EXPECT_THAT(error_of([&] { read_file(folder.path()); }), StartsWith("file.is_directory: "));
  EXPECT_THAT(error_of([&] { read_file_if_exists(loop); }), StartsWith("file.unreadable: "));
}

TEST(WriteFile, Puts_the_new_content_in_the_place_of_the_old) {
  const TestFolder folder;
  const fs::path file = folder.write("a.yaml", "a longer content than the next");
  write_file_atomically(file, "new");
  EXPECT_EQ(read_file(file), "new");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a.yaml"));
}

TEST(WriteFile, Leaves_nothing_behind_when_it_cannot) {
  const TestFolder folder;
  const fs::path directory = folder.path() / "directory";
  fs::create_directory(directory);
  EXPECT_THAT(error_of([&] { write_file_atomically(directory, "x"); }), StartsWith("file.is_directory: "));
  EXPECT_THAT(error_of([&] { write_file_atomically(folder.path() / "no/folder", "x"); }),
              StartsWith("file.unwritable: "));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("directory"));
}

TEST(MakeFolders, Makes_parents_and_says_what_is_in_the_way) {
  const TestFolder folder;
  make_folders(folder.path() / "a/b/c");
  make_folders(folder.path() / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder.path() / "a/b/c"));
  folder.write("file", "");
  EXPECT_THAT(error_of([&] { make_folders(folder.path() / "file/below"); }), StartsWith("file.unwritable: "));
}

TEST(OutputFile, Says_that_the_disk_is_full) {
  OutputFile full("/dev/full", O_WRONLY);
  EXPECT_EQ(error_of([&] { full.write("x"); }), "file.disk_full: no space left to write '/dev/full'");
}

TEST(OutputFile, Says_that_the_disk_is_full_before_anything_is_written) {
  const TestFolder folder;
  OutputFile file(folder.path() / "file", O_CREAT | O_WRONLY);
  file.reserve(1000);
  EXPECT_EQ(fs::file_size(file.path()), 0U);
  // More than the largest disk has, and less than the largest file of any file system.
  EXPECT_THAT(error_of([&] { file.reserve(std::uint64_t{15} << 40); }), StartsWith("file.disk_full: "));
}

TEST(OutputFile, Closes_with_the_object_that_owns_it) {
  const TestFolder folder;
  OutputFile first(folder.path() / "a", O_CREAT | O_WRONLY);
  const int descriptor = first.descriptor();
  OutputFile second(std::move(first));
  EXPECT_EQ(second.descriptor(), descriptor);
  second.write("one");
  second = OutputFile(folder.path() / "b", O_CREAT | O_WRONLY);
  EXPECT_EQ(second.path(), folder.path() / "b");
  EXPECT_EQ(read_file(folder.path() / "a"), "one");
  second.close();
  EXPECT_FALSE(second.is_open());
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

TEST(OutputFile, Refuses_a_directory) {
  const TestFolder folder;
  EXPECT_THAT(error_of([&] { OutputFile(folder.path(), O_WRONLY); }), StartsWith("file.is_directory: "));
}

}  // namespace
}  // namespace osiris
