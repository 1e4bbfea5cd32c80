#include "format/tar_gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.h"
#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

std::string unpacked(const fs::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text(1 << 20, '\0');
  text.resize(static_cast<std::size_t>(gzread(file, text.data(), static_cast<unsigned>(text.size()))));
  gzclose(file);
  return text;
}

/// What the header's own sum has to be: all its bytes, the sum's own field taken as blanks.
std::uint64_t sum_of(std::string header) {
  header.replace(148, 8, "        ");
  std::uint64_t sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  return sum;
}

TEST(TarGzip, Writes_headers_and_contents_in_blocks) {
  const TestFolder folder;
  const fs::path file = folder.write("in.txt", "from a file");
  TarGzip archive(folder.path() / "a.tar.gz", 1'700'000'000);
  archive.add("run_1/text.txt", "abc");
  archive.add_file("run_1/in.txt", file);
  archive.finish();
  const std::string tar = unpacked(folder.path() / "a.tar.gz");
  ASSERT_EQ(tar.size(), 6 * 512U);
  EXPECT_EQ(tar.substr(0, 15), std::string("run_1/text.txt") + '\0');
  EXPECT_EQ(tar.substr(124, 11), "00000000003");
  EXPECT_EQ(tar.substr(136, 11), "14524770400");
  EXPECT_EQ(tar.substr(257, 8), std::string("ustar\0"
                                            "00",
                                            8));
  EXPECT_EQ(std::stoull(tar.substr(148, 6), nullptr, 8), sum_of(tar.substr(0, 512)));
  EXPECT_EQ(tar.substr(512, 4), std::string("abc\0", 4));
  EXPECT_EQ(tar.substr(3 * 512, 11), "from a file");
  EXPECT_EQ(tar.substr(4 * 512), std::string(2 * 512, '\0'));
}

TEST(TarGzip, Gives_a_long_name_a_record_of_its_own) {
  const TestFolder folder;
  const std::string name = "run_1/" + std::string(150, 'x');
  TarGzip archive(folder.path() / "a.tar.gz", 0);
  archive.add(name, "");
  archive.finish();
  const std::string tar = unpacked(folder.path() / "a.tar.gz");
  EXPECT_EQ(tar[156], 'x');
  EXPECT_EQ(tar.substr(512, 166), "166 path=" + name + "\n");
}

TEST(TarGzip, Of_equal_entries_has_equal_bytes) {
  const TestFolder folder;
  for (const char* name : {"a.tar.gz", "b.tar.gz"}) {
    TarGzip archive(folder.path() / name, 7);
    archive.add("one", std::string(100'000, 'y'));
    archive.finish();
  }
  EXPECT_EQ(read_file(folder.path() / "a.tar.gz"), read_file(folder.path() / "b.tar.gz"));
}

TEST(TarGzip, Leaves_nothing_where_it_was_not_finished) {
  const TestFolder folder;
  {
    TarGzip archive(folder.path() / "a.tar.gz", 0);
    archive.add("one", "1");
    EXPECT_EQ(error_of([&] { archive.add_file("two", folder.path()); }).substr(0, 16), "file.unreadable:");
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace osiris
