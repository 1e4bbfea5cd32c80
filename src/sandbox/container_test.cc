#include "sandbox/container.h"

#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "sandbox/process_tree.h"

namespace osiris::sandbox {

namespace {

class ContainerTest : public testing::Test {
 protected:
  ContainerPlan plan(const std::string& script) const {
    ContainerPlan plan;
    plan.name =
        cat("osiris-test-", ::getpid(), "-", testing::UnitTest::GetInstance()->current_test_info()->name());
    plan.command = {"/bin/bash", "-lc", script};
    plan.environment = {"PATH=/usr/bin:/bin", "HOME=/home/user"};
    plan.folder = "/home/user";
    plan.limits.disk_bytes = 1 << 20;
    return plan;
  }
  std::string said(const ContainerPlan& plan) {
    Container container(isolation_, launcher_, plan);
    EXPECT_TRUE(container.wait(std::chrono::seconds(10)));
    return container.words();
  }
  std::string said(const std::string& script) { return said(plan(script)); }

  Launcher launcher_;
  Isolation isolation_ = Isolation::by_containers(launcher_, std::getenv("PATH"));
};

TEST_F(ContainerTest, Container_has_a_user_a_home_and_no_rights) {
  EXPECT_EQ(said("id -un; pwd; echo $HOME"), "user\n/home/user\n/home/user");
  EXPECT_EQ(said("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status"),
            "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2");
  EXPECT_EQ(said("hostname"), plan("").name);
}

TEST_F(ContainerTest, Container_sees_nothing_of_the_machine) {
  EXPECT_EQ(said("ls / | grep -vE '^lib.*32$' | tr '\\n' ' '"),
            "bin dev etc home lib lib64 opt proc run sbin tmp usr var");
  EXPECT_EQ(said("ls /home; ls -A /home/user /tmp"), "user\n/home/user:\n\n/tmp:");
  EXPECT_EQ(said("test $(ls -d /proc/[0-9]* | wc -l) -lt 8 && echo few"), "few");
  EXPECT_EQ(said("env | grep -vE '^(PATH|HOME|PWD|SHLVL|_|E2B_SANDBOX_ID)='"), "");
}

TEST_F(ContainerTest, Container_writes_where_it_may_only) {
  EXPECT_EQ(said("for f in /x /usr/x /etc/x /dev/x /run/x /opt/x /home/x /var/x; do echo > $f && echo $f; "
                 "done 2>/dev/null"),
            "");
  EXPECT_EQ(said("for f in ~/x /tmp/x /dev/shm/x /var/tmp/y; do echo > $f && echo $f; done"),
            "/home/user/x\n/tmp/x\n/dev/shm/x\n/var/tmp/y");
  EXPECT_EQ(said("head -c 2000000 /dev/zero > ~/x; stat -c %s ~/x"),
            "head: error writing 'standard output': No space left on device\n1048576");
}

TEST_F(ContainerTest, Filter_refuses_what_leads_out) {
  EXPECT_NE(said("unshare -Ur true 2>&1").find("Operation not permitted"), std::string::npos);
  EXPECT_NE(said("unshare -m true 2>&1").find("Operation not permitted"), std::string::npos);
  EXPECT_NE(said("mount -t tmpfs x /tmp 2>&1; true").find("mount"), std::string::npos);
}

TEST_F(ContainerTest, Network_is_what_was_asked_for) {
  ContainerPlan shut = plan("exec 3<>/dev/tcp/127.0.0.1/1");
  EXPECT_NE(said(shut).find("Address family not supported"), std::string::npos);
  shut.network = Network::kLoopback;
  EXPECT_NE(said(shut).find("Connection refused"), std::string::npos);
  shut.command.back() = "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '";
  EXPECT_EQ(said(shut), "lo");
}

TEST_F(ContainerTest, Files_are_copied_or_shared) {
  const TestFolder folder;
  ContainerPlan files =
      plan("cat own/a /opt/x/b; stat -c %a own/a; echo new > own/a && cat own/a; echo > /opt/x/b");
  files.files = {{folder.write("a", "A\n"), "/home/user/own/a", 0640},
                 {folder.write("b", "B\n"), "/opt/x/b", {}}};
  EXPECT_EQ(said(files), "A\nB\n640\nnew\n/bin/bash: line 1: /opt/x/b: Read-only file system");
}

TEST_F(ContainerTest, End_leaves_no_process_and_no_group) {
  auto container = std::make_unique<Container>(
      isolation_, launcher_, plan("setsid sleep 60 & trap '' TERM; sleep 60 & echo up; wait; sleep 60"));
  for (int turn = 0; turn < 500 && container->words().empty(); ++turn) ::usleep(10'000);
  std::vector<pid_t> processes = processes_below(container->process());
  EXPECT_GE(processes.size(), 4U);
  const auto groups = container->groups();
  container->end(std::chrono::milliseconds(100));
  EXPECT_FALSE(container->is_running());
  container.reset();
  // The last to go are named until their parent has taken note.
  for (const pid_t process : processes) {
    for (int turn = 0; turn < 500 && start_of(process) != 0; ++turn) ::usleep(10'000);
    EXPECT_EQ(start_of(process), 0U);
  }
  for (const fs::path& group : groups) EXPECT_FALSE(fs::exists(group)) << group;
}

TEST_F(ContainerTest, Frozen_container_does_no_work_and_can_be_ended) {
  if (!isolation_.groups().has("freezer")) return;
  Container container(isolation_, launcher_, plan("while :; do :; done"));
  EXPECT_TRUE(container.freeze(true));
  const std::uint64_t before = container.usage().cpu_ns;
  ::usleep(50'000);
  EXPECT_EQ(container.usage().cpu_ns, before);
  EXPECT_TRUE(container.freeze(false));
  ::usleep(50'000);
  EXPECT_GT(container.usage().cpu_ns, before);
  EXPECT_TRUE(container.freeze(true));
  container.end(std::chrono::milliseconds::zero());
  EXPECT_FALSE(container.is_running());
}

}  // namespace

}  // namespace osiris::sandbox
