#include "sandbox/control_group.h"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/test_error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

using Version = ControlGroups::Version;

int number_in(const fs::path& file) {
  std::ifstream in(file);
  int number = 0;
  in >> number;
  return number;
}

TEST(ControlGroups, Places_are_found_in_the_first_version) {
  const auto places =
      ControlGroups::places("8:pids:/\n4:memory:/service/one\n2:cpu,cpuacct:/\n0::/\n",
                            "30 20 0:1 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
                            "31 20 0:2 / /sys/fs/cgroup/pids rw,relatime shared:4 - cgroup cgroup rw,pids\n"
                            "32 20 0:3 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                            "33 20 0:4 / / rw - ext4 /dev/vda rw\n");
  EXPECT_EQ(places.at("memory").folder, "/sys/fs/cgroup/memory/service/one");
  EXPECT_EQ(places.at("memory").version, Version::kOne);
  EXPECT_EQ(places.at("pids").folder, "/sys/fs/cgroup/pids");
  EXPECT_EQ(places.at("cpuacct").folder, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_FALSE(places.contains("freezer"));
}

TEST(ControlGroups, Places_are_found_in_the_second_version) {
  const auto places = ControlGroups::places(
      "0::/user.slice/x.scope\n", "30 20 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
  EXPECT_EQ(places.size(), 5U);
  EXPECT_EQ(places.at("freezer").folder, "/sys/fs/cgroup/user.slice/x.scope");
  EXPECT_EQ(places.at("freezer").version, Version::kTwo);
}

TEST(ControlGroups, Places_of_a_container_begin_at_its_own_group) {
  const auto places =
      ControlGroups::places("4:memory:/docker/abc/inner\n",
                            "30 20 0:1 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_EQ(places.at("memory").folder, "/sys/fs/cgroup/memory/inner");
}

TEST(ControlGroups, Both_versions_at_once_share_the_controllers) {
  for (const char* groups : {"0::/two\n4:memory:/one\n", "4:memory:/one\n0::/two\n"}) {
    const auto places =
        ControlGroups::places(groups,
                              "30 20 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                              "31 20 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    EXPECT_EQ(places.at("memory").folder, "/sys/fs/cgroup/memory/one");
    EXPECT_EQ(places.at("pids").folder, "/sys/fs/cgroup/unified/two");
  }
}

TEST(ControlGroup, Limits_are_set_and_the_group_goes_with_the_object) {
  const ControlGroups groups = ControlGroups::found();
  const std::string name = cat("osiris-test-", ::getpid());
  std::vector<fs::path> folders;
  {
    Limits limits;
    limits.process_count = 77;
    const ControlGroup group(groups, name, limits);
    folders = group.folders();
    if (groups.has("pids")) {
      EXPECT_EQ(number_in(groups.place("pids").folder / name / "pids.max"), 77);
    }
    for (const fs::path& folder : folders) EXPECT_TRUE(fs::exists(folder));
    if (!folders.empty()) {
      EXPECT_NE(
          error_of([&] { const ControlGroup other(groups, name, limits); }).find("sandbox.control_group"),
          std::string::npos);
    }
  }
  for (const fs::path& folder : folders) EXPECT_FALSE(fs::exists(folder));
}

}  // namespace

}  // namespace osiris::sandbox
