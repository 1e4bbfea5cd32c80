#include "sandbox/state_folder.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "sandbox/process_tree.h"

namespace osiris::sandbox {

namespace {

pid_t start_sleeper() {
  const pid_t process = ::fork();
  if (process == 0) {
    ::execl("/bin/sleep", "sleep", "100", nullptr);
    ::_exit(1);
  }
  return process;
}

/// A server of its own process, which is killed after it has remembered the process.
void leave_behind(const fs::path& root, pid_t process) {
  const pid_t server = ::fork();
  if (server == 0) {
    const StateFolder folder(root);
    folder.remember("i1", process, {});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(server, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(StateFolder, Goes_with_its_server) {
  const TestFolder folder;
  {
    const StateFolder state(folder.path() / "root");
    EXPECT_TRUE(fs::exists(state.path()));
    EXPECT_LT(state.socket("i12345678901234567890").string().size(), 60U);
    const StateFolder other(folder.path() / "root");
    EXPECT_NE(other.path(), state.path());
    EXPECT_EQ(other.cleaned_count(), 0U);
    EXPECT_TRUE(fs::exists(state.path()));
  }
  EXPECT_TRUE(fs::is_empty(folder.path() / "root"));
}

TEST(StateFolder, What_a_killed_server_left_is_ended_and_removed) {
  const TestFolder folder;
  const fs::path root = folder.path() / "root";
  const pid_t sleeper = start_sleeper();
  leave_behind(root, sleeper);
  EXPECT_FALSE(fs::is_empty(root));
  const StateFolder state(root);
  EXPECT_EQ(state.cleaned_count(), 1U);
  int status = 0;
  EXPECT_EQ(::waitpid(sleeper, &status, 0), sleeper);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(StateFolder, Process_that_took_a_number_over_is_left_alone) {
  const TestFolder folder;
  const fs::path root = folder.path() / "root";
  const pid_t sleeper = start_sleeper();
  leave_behind(root, sleeper);
  for (const auto& note : fs::recursive_directory_iterator(root)) {
    if (note.path().extension() != ".json") continue;
    std::string text = read_file(note.path());
    write_file_atomically(note.path(), text.insert(text.find("started\":") + 9, "1"));
  }
  const StateFolder state(root);
  EXPECT_EQ(::kill(sleeper, 0), 0);
  ::kill(sleeper, SIGKILL);
  ::waitpid(sleeper, nullptr, 0);
}

TEST(StateFolder, Folder_of_others_is_refused) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "open");
  fs::permissions(folder.path() / "open", fs::perms::all);
  fs::create_symlink(folder.path() / "open", folder.path() / "link");
  for (const char* name : {"open", "link"})
    EXPECT_NE(error_of([&] { const StateFolder state(folder.path() / name); }).find("sandbox.unsafe_folder"),
              std::string::npos);
}

TEST(ProcessTree, Names_processes_by_parent_start_and_variable) {
  const pid_t sleeper = start_sleeper();
  const std::vector<pid_t> below = processes_below(::getpid());
  EXPECT_NE(std::find(below.begin(), below.end(), sleeper), below.end());
  EXPECT_GT(start_of(sleeper), 0U);
  EXPECT_GE(start_of(sleeper), start_of(::getpid()));
  EXPECT_TRUE(processes_with("OSIRIS_TEST_NOBODY_HAS=this").empty());
  ::kill(sleeper, SIGKILL);
  ::waitpid(sleeper, nullptr, 0);
  EXPECT_EQ(start_of(sleeper), 0U);
}

}  // namespace

}  // namespace osiris::sandbox
