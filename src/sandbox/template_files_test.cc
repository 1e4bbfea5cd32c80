#include "sandbox/template_files.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// "source > destination mode", a line each, the source below the folder.
std::string copies(const TestFolder& folder, const std::vector<std::string>& arguments) {
  std::vector<std::string> lines;
  for (const ContainerFile& file : copied_files(folder.path(), arguments, "/home/user")) {
    lines.push_back(cat(file.source.lexically_relative(folder.path()).string(), " > ",
                        file.destination.string(),
                        file.copy_mode ? cat(" ", std::oct, *file.copy_mode) : std::string()));
  }
  std::sort(lines.begin(), lines.end());
  return join(lines, "\n");
}

TEST(TemplateFiles, File_goes_to_its_destination_or_into_it) {
  const TestFolder folder;
  folder.write("one", "1");
  EXPECT_EQ(copies(folder, {"one", "/opt/x"}), "one > /opt/x");
  EXPECT_EQ(copies(folder, {"one", "/opt/"}), "one > /opt/one");
  EXPECT_EQ(copies(folder, {"one", "."}), "one > /home/user/one 644");
  EXPECT_EQ(copies(folder, {"one", "sub/x", "", "0600"}), "one > /home/user/sub/x 600");
  EXPECT_EQ(copies(folder, {"o*", "/opt"}), "one > /opt/one");
}

TEST(TemplateFiles, Folder_gives_its_content) {
  const TestFolder folder;
  folder.write("app/a", "a");
  folder.write("app/lib/b", "b");
  EXPECT_EQ(copies(folder, {"app", "/opt/app"}), "app/a > /opt/app/a\napp/lib > /opt/app/lib");
  EXPECT_EQ(copies(folder, {"app/", "~"}).find("app/a > /home/user/~/a 644"), 0U);
  EXPECT_EQ(copies(folder, {"app", "/tmp/app"}), "app/a > /tmp/app/a 644\napp/lib/b > /tmp/app/lib/b 644");
}

TEST(TemplateFiles, What_leads_astray_is_refused) {
  const TestFolder folder;
  folder.write("one", "1");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& code) {
    return error_of([&] { copies(folder, arguments); }).starts_with(code);
  };
  EXPECT_TRUE(refused({"../x", "/opt/x"}, "sandbox.invalid_argument"));
  EXPECT_TRUE(refused({"one"}, "sandbox.invalid_argument"));
  EXPECT_TRUE(refused({"one", "/opt/x", "", "0x9"}, "sandbox.invalid_argument"));
  EXPECT_TRUE(refused({"one", "/etc/passwd"}, "sandbox.unimplemented"));
  EXPECT_TRUE(refused({"one", "../../usr/bin/x"}, "sandbox.unimplemented"));
  fs::create_symlink("/etc/shadow", folder.path() / "link");
  EXPECT_TRUE(refused({"one", "/opt/x"}, "sandbox.invalid_argument"));
}

TEST(TemplateFiles, What_is_no_archive_is_refused) {
  const TestFolder folder;
  EXPECT_TRUE(error_of([&] {
                unpack_archive(folder.write("a.tar.gz", "none"), folder.path() / "out");
              }).starts_with("sandbox.invalid_argument"));
}

}  // namespace

}  // namespace osiris::sandbox
