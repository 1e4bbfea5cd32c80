#include "run/pipeline_lock.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

TEST(PipelineLock, Is_held_by_one_run_of_a_pipeline_in_a_logs_folder) {
  const TestFolder folder;
  const TestFolder other;
  const auto attempt = [](const fs::path& logs, const std::string& pipeline) {
    return error_of([&] { const PipelineLock lock(logs, pipeline); });
  };
  {
    const PipelineLock lock(folder.path() / "logs", "a/b: c");
    EXPECT_EQ(attempt(folder.path() / "logs", "a/b: c"),
              "run.already_running: the pipeline is running already: 'a/b: c'");
    EXPECT_EQ(attempt(folder.path() / "logs", "another"), "no error");
    EXPECT_EQ(attempt(other.path(), "a/b: c"), "no error");
  }
  EXPECT_EQ(attempt(folder.path() / "logs", "a/b: c"), "no error") << "the run has ended";
}

}  // namespace
}  // namespace osiris
