#include "sandbox/folder_watch.h"

#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "sandbox/file_entry.h"

namespace osiris::sandbox {
namespace {

/// "CREATE a, WRITE a": the next events, as soon as there are any.
std::string happened(FolderWatch& watch) {
  pollfd watched{watch.descriptor(), POLLIN, 0};
  constexpr int kPatienceMs = 2000;
  ::poll(&watched, 1, kPatienceMs);
  std::vector<std::string> texts;
  for (const FolderEvent& event : watch.take())
    texts.push_back(
        cat(std::string_view(event.type).substr(std::string_view("EVENT_TYPE_").size()), " ", event.name));
  return join(texts, ", ");
}

void write_text(const fs::path& path, const char* text) {
  OutputFile(path, O_CREAT | O_APPEND | O_WRONLY).write(text);
}

TEST(FolderWatch, Tells_what_happens_in_a_folder) {
  const TestFolder folder;
  folder.write("old", "1");
  fs::create_directory(folder.path() / "sub");
  FolderWatch watch(folder.path().string(), false);
  EXPECT_TRUE(watch.take().empty());
  write_text(folder.path() / "new", "x");
  EXPECT_EQ(happened(watch), "CREATE new, WRITE new");
  write_text(folder.path() / "old", "x");
  EXPECT_EQ(happened(watch), "WRITE old");
  ::chmod((folder.path() / "old").c_str(), 0600);
  EXPECT_EQ(happened(watch), "CHMOD old");
  fs::rename(folder.path() / "old", folder.path() / "older");
  EXPECT_EQ(happened(watch), "RENAME old, CREATE older");
  fs::remove(folder.path() / "older");
  EXPECT_EQ(happened(watch), "REMOVE older");
  write_text(folder.path() / "sub/quiet", "x");
  write_text(folder.path() / "new", "y");
  EXPECT_EQ(happened(watch), "WRITE new");
}

TEST(FolderWatch, Follows_folders_that_come_and_go) {
  const TestFolder folder;
  folder.write("a/b/c/deep", "1");
  FolderWatch watch(folder.path().string(), true);
  write_text(folder.path() / "a/b/c/deep", "2");
  EXPECT_EQ(happened(watch), "WRITE a/b/c/deep");
  fs::create_directories(folder.path() / "n/m");
  write_text(folder.path() / "n/m/file", "1");
  // The order of what was found in the new folder is the file system's.
  EXPECT_EQ(happened(watch), "CREATE n, CREATE n/m, CREATE n/m/file");
  write_text(folder.path() / "n/m/file", "2");
  EXPECT_EQ(happened(watch), "WRITE n/m/file");
  fs::rename(folder.path() / "n", folder.path() / "a/moved");
  EXPECT_EQ(happened(watch), "RENAME n, CREATE a/moved, CREATE a/moved/m, CREATE a/moved/m/file");
  write_text(folder.path() / "a/moved/m/file", "3");
  EXPECT_EQ(happened(watch), "WRITE a/moved/m/file");
  fs::remove_all(folder.path() / "a/moved");
  EXPECT_EQ(happened(watch), "REMOVE a/moved/m/file, REMOVE a/moved/m, REMOVE a/moved");
}

TEST(FolderWatch, Tells_the_end_of_its_own_folder) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "w");
  FolderWatch watch((folder.path() / "w").string(), true);
  fs::remove(folder.path() / "w");
  EXPECT_EQ(happened(watch), "REMOVE .");
  EXPECT_TRUE(error_of([&] {
                FolderWatch((folder.path() / "w").string(), true);
              }).starts_with("sandbox.not_found: "));
}

TEST(FileEntries, Tell_what_is_at_a_path) {
  const TestFolder folder;
  const std::string file = folder.write("f", "123").string();
  ::chmod(file.c_str(), 0640);
  const std::string link = (folder.path() / "l").string(), dangling = (folder.path() / "d").string();
  fs::create_symlink(file, link);
  fs::create_symlink("nowhere", dangling);
  FileEntries entries;
  const Json told = entries.entry(file);
  EXPECT_EQ(told["name"], "f");
  EXPECT_EQ(told["type"], "FILE_TYPE_FILE");
  EXPECT_EQ(told["path"], file);
  EXPECT_EQ(told["size"], "3");
  EXPECT_EQ(told["mode"], 0640);
  EXPECT_EQ(told["permissions"], "-rw-r-----");
  EXPECT_FALSE(told.contains("symlinkTarget"));
  const std::string time = told["modifiedTime"];
  EXPECT_EQ(time.size(), std::string_view("2026-01-31T23:59:59.123456789Z").size()) << time;
  EXPECT_EQ(entries.entry(link)["type"], "FILE_TYPE_FILE");
  EXPECT_EQ(entries.entry(link)["symlinkTarget"], fs::canonical(file).string());
  EXPECT_EQ(entries.entry(dangling)["symlinkTarget"], "nowhere");
  EXPECT_EQ(entries.entry(folder.path().string())["type"], "FILE_TYPE_DIRECTORY");
  EXPECT_EQ(entries.entry("/")["owner"], "root");
  EXPECT_EQ(error_of([&] { entries.entry("/no/such"); }),
            "sandbox.not_found: path '/no/such' does not exist");
}

}  // namespace
}  // namespace osiris::sandbox
