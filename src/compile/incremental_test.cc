#include "compile/incremental.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ManifestStep step(const std::string& id, const std::string& mode, const std::vector<std::string>& inputs,
                  Json config = Json::object()) {
  ManifestStep step;
  step.id = id;
  step.mode = mode;
  step.connection = "@shop.main";
  for (const std::string& input : inputs) step.inputs.push_back({input, input});
  step.config = std::move(config);
  step.location = "p.oml:2:5";
  return step;
}

ManifestStep incremental(const std::string& lookback = "") {
  Json read{{"cursor", "day"}, {"key", "id"}};
  if (!lookback.empty()) read["lookback"] = lookback;
  return step("read", "read", {}, {{"incremental", read}});
}
ManifestStep writer(const std::string& mode) { return step("w", "write", {"read"}, {{"write_mode", mode}}); }

std::vector<std::string> findings(const std::vector<ManifestStep>& steps, bool keeps_marks = true) {
  Diagnostics diagnostics;
  check_incremental_reads(
      steps, "p.oml", [&](const ManifestStep&) { return keeps_marks; }, diagnostics);
  std::vector<std::string> found;
  for (const Finding& finding : diagnostics.sorted())
    found.push_back(cat(finding.code, ": ", finding.message));
  return found;
}

TEST(IncrementalReads, May_add_rows_to_one_writer) {
  EXPECT_THAT(findings({incremental(), writer("append")}), IsEmpty());
  EXPECT_THAT(findings({incremental("10m"), writer("upsert")}), IsEmpty());
  EXPECT_THAT(findings({incremental("500"), writer("upsert")}), IsEmpty());
  EXPECT_THAT(findings({incremental(), step("p", "transform", {"read"}), step("w", "write", {"p"})}),
              IsEmpty());
}

TEST(IncrementalReads, Only_upsert_where_the_mark_is_kept_apart) {
  EXPECT_THAT(findings({incremental(), writer("upsert")}, false), IsEmpty());
  EXPECT_THAT(findings({incremental(), writer("append")}, false),
              ElementsAre(testing::StartsWith("oml.incremental_mode: by the connection of 'w'")));
}

TEST(IncrementalReads, Must_end_in_exactly_one_writer) {
  const std::string expected =
      "oml.incremental_target: the rows of an incremental read must end in exactly one writer, which keeps "
      "its mark";
  EXPECT_THAT(findings({incremental()}), ElementsAre(expected));
  EXPECT_THAT(findings({incremental(), writer("append"), step("w2", "write", {"read"})}),
              ElementsAre(expected));
  ManifestStep second = incremental();
  second.id = "read2";
  EXPECT_THAT(
      findings({incremental(), second, step("w", "write", {"read", "read2"})}),
      ElementsAre(
          "oml.incremental_target: two incremental reads end in the writer 'w'; it can keep one mark"));
}

TEST(IncrementalReads, Must_not_bring_rows_twice_or_replace_the_old_ones) {
  EXPECT_THAT(
      findings({incremental("10m"), writer("append")}),
      ElementsAre("oml.incremental_lookback: a lookback reads rows again, and 'w' would write them twice"));
  EXPECT_THAT(findings({incremental("soon"), writer("upsert")}),
              ElementsAre("oml.incremental_lookback: not a duration or a whole number: 'soon'"));
  for (const std::string mode : {"replace", "overwrite", "truncate"}) {
    EXPECT_THAT(findings({incremental(), writer(mode)}),
                ElementsAre(cat("oml.incremental_mode: write_mode '", mode,
                                "' of 'w' would keep the new rows only")));
  }
  ManifestStep file = writer("overwrite");
  file.connection.clear();
  EXPECT_THAT(findings({incremental(), file}), IsEmpty());
}

}  // namespace
}  // namespace osiris
