#include "remote/packing.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris::remote {
namespace {

std::string ungzipped(const std::string& packed, std::size_t size) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  std::string bytes(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

TEST(Packing, What_is_packed_comes_back) {
  const TestFolder folder;
  std::string large;
  for (int number = 0; number < 200'000; ++number) large += std::to_string(number * 7919 % 1'000'003) + ',';
  for (const std::string& bytes : {std::string(), std::string("a"), std::string(3, '\0'), large}) {
    const std::string gzip = gzipped(bytes), zstd = zstd_packed(bytes);
    EXPECT_EQ(ungzipped(gzip, bytes.size()), bytes);
    write_file_atomically(folder.path() / "packed", zstd);
    unpack_zstd(folder.path() / "packed", folder.path() / "target");
    EXPECT_EQ(read_file(folder.path() / "target"), bytes);
    EXPECT_EQ(MappedFile(folder.path() / "target").bytes(), bytes);
  }
  EXPECT_LT(gzipped(large).size(), large.size() / 2);
}

TEST(Packing, Half_a_file_is_refused_and_leaves_no_target) {
  const TestFolder folder;
  const std::string whole = zstd_packed(std::string(100'000, 'x') + "y");
  for (const std::string& bad : {whole.substr(0, whole.size() - 1), std::string("no zstd at all")}) {
    write_file_atomically(folder.path() / "packed", bad);
    EXPECT_EQ(
        error_of([&] { unpack_zstd(folder.path() / "packed", folder.path() / "target"); }).substr(0, 15),
        "file.unreadable");
    EXPECT_FALSE(fs::exists(folder.path() / "target"));
  }
}

}  // namespace
}  // namespace osiris::remote
