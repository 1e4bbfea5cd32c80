#include "remote/journal.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/test_folder.h"

namespace osiris::remote {
namespace {

using testing::ElementsAre;

/// What a reader takes, as the texts of its lines.
struct Taken {
  std::vector<std::string> lines;
  JournalReader reader{[this](const Json& record) { lines.push_back(record.at("line").get<std::string>()); }};
};

std::string record(int sequence, const std::string& text) {
  return "{\"seq\":" + std::to_string(sequence) + ",\"line\":\"" + text + "\"}\n";
}

TEST(Journal, A_line_comes_whole_wherever_the_stream_is_cut) {
  const std::string all = record(0, "a") + record(1, "ř🐎") + record(2, "c");
  for (std::size_t at = 0; at <= all.size(); ++at) {
    Taken taken;
    taken.reader.hear(all.substr(0, at));
    taken.reader.hear(all.substr(at));
    EXPECT_THAT(taken.lines, ElementsAre("a", "ř🐎", "c")) << at;
    EXPECT_EQ(taken.reader.offset(), all.size());
  }
}

TEST(Journal, The_file_gives_what_the_stream_lost_and_no_line_twice) {
  const std::string all = record(0, "a") + record(1, "b") + record(2, "c") + record(3, "d");
  Taken taken;
  taken.reader.hear(record(0, "a") + record(1, "b").substr(0, 5));
  taken.reader.begin_stream();
  taken.reader.hear("the end of a line\n" + record(3, "d"));
  EXPECT_TRUE(taken.reader.has_gap());
  taken.reader.read(all.substr(taken.reader.offset()));
  EXPECT_FALSE(taken.reader.has_gap());
  taken.reader.hear(record(3, "d") + record(4, "e"));
  EXPECT_THAT(taken.lines, ElementsAre("a", "b", "c", "d", "e"));
}

TEST(Journal, Half_a_line_at_the_end_of_the_file_is_read_again) {
  const std::string all = record(0, "a") + record(1, "b");
  Taken taken;
  taken.reader.read(all.substr(0, all.size() - 4));
  EXPECT_THAT(taken.lines, ElementsAre("a"));
  taken.reader.read(all.substr(taken.reader.offset()));
  EXPECT_THAT(taken.lines, ElementsAre("a", "b"));
}

TEST(Journal, A_pipe_that_nobody_reads_stalls_nothing) {
  const TestFolder folder;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  constexpr int kLines = 20'000;
  {
    JournalWriter writer(folder.path() / "journal.jsonl", ends[1]);
    for (int line = 0; line < kLines; ++line) writer.put("line", "\"some words\"");
  }
  Taken taken;
  taken.reader.read(read_file(folder.path() / "journal.jsonl"));
  EXPECT_EQ(taken.lines.size(), kLines);

  std::string heard(1 << 20, '\0');
  heard.resize(static_cast<std::size_t>(read(ends[0], heard.data(), heard.size())));
  Taken from_pipe;
  from_pipe.reader.hear(heard);
  EXPECT_GT(from_pipe.lines.size(), 100U);
  EXPECT_LT(from_pipe.lines.size(), kLines);
  for (const int end : ends) close(end);
}

}  // namespace
}  // namespace osiris::remote
