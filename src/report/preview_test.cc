#include "report/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Preview, Has_the_first_records_of_a_csv_file) {
  const TestFolder folder;
  std::string text = "id,note\n";
  for (int number = 0; number < 100; ++number) text += std::to_string(number) + ",\"a, b\"\n";
  const auto rows = preview_of(folder.write("a.csv", text));
  ASSERT_THAT(rows, SizeIs(21));
  EXPECT_THAT(rows[0], ElementsAre("id", "note"));
  EXPECT_THAT(rows[20], ElementsAre("19", "a, b"));
}

TEST(Preview, Cuts_a_long_value) {
  const TestFolder folder;
  const auto rows =
      preview_of(folder.write("a.csv", "h\n" + std::string(200, 'x') + "\n" + std::string(201, 'y') + "\n"));
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[1][0], std::string(200, 'x'));
  EXPECT_EQ(rows[2][0], std::string(199, 'y') + "…");
}

TEST(Preview, Has_a_column_for_each_key_of_json_lines) {
  const TestFolder folder;
  const auto rows = preview_of(
      folder.write("a.jsonl", "{\"a\": 1, \"b\": null}\n{\"a\": \"x\", \"c\": {\"d\": [true]}}\n{\"a\": 3"));
  EXPECT_THAT(rows, ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("1", "", ""),
                                ElementsAre("x", "", "{\"d\":[true]}")));
}

TEST(Preview, Is_empty_for_what_is_not_what_its_name_says) {
  const TestFolder folder;
  EXPECT_THAT(preview_of(folder.write("a.parquet", "PAR1 and no more")), IsEmpty());
  EXPECT_THAT(preview_of(folder.write("a.jsonl", "\x01\x02")), IsEmpty());
  EXPECT_THAT(preview_of(folder.write("a.bin", "x")), IsEmpty());
  EXPECT_THAT(preview_of(folder.path() / "gone.csv"), IsEmpty());
}

}  // namespace
}  // namespace osiris
