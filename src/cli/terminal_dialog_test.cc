#include "cli/terminal_dialog.h"

#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file_system.h"
#include "base/test_folder.h"

namespace osiris::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A person at a pseudo-terminal, which stands in the place of the test's own input.
class Typist {
 public:
  Typist() : outer_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), found_(::dup(STDIN_FILENO)) {
    EXPECT_EQ(::grantpt(outer_.descriptor()), 0);
    EXPECT_EQ(::unlockpt(outer_.descriptor()), 0);
    name_ = ::ptsname(outer_.descriptor());
    inner_ = Descriptor(::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_GE(::dup2(inner_.descriptor(), STDIN_FILENO), 0);
  }
  ~Typist() { ::dup2(found_.descriptor(), STDIN_FILENO); }
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;

  const std::string& name() const { return name_; }
  int inner() const { return inner_.descriptor(); }
  const std::string& seen() const { return seen_; }

  /// Types keys once a question is seen, and gathers what is shown until the work is done.
  void type_at(const std::string& question, const std::string& keys, const std::function<void()>& work) {
    std::jthread typing([&](const std::stop_token& stop) {
      for (std::size_t begin = seen_.size(); seen_.find(question, begin) == std::string::npos;) look(stop);
      // The terminal takes keys one by one as soon as it says so; what came before would be shown.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      EXPECT_EQ(::write(outer_.descriptor(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
      while (!stop.stop_requested()) look(stop);
    });
    work();
  }

 private:
  void look(const std::stop_token& stop) {
    pollfd shown{outer_.descriptor(), POLLIN, 0};
    constexpr int kPatienceMs = 50;
    if (::poll(&shown, 1, kPatienceMs) <= 0 || stop.stop_requested()) return;
    char bytes[4096];
    const ssize_t count = ::read(outer_.descriptor(), bytes, sizeof bytes);
    if (count > 0) seen_.append(bytes, static_cast<std::size_t>(count));
  }

  Descriptor outer_, found_, inner_;
  std::string name_, seen_;
};

TEST(TerminalDialog, neither_shows_nor_remembers_a_secret) {
  const TestFolder folder;
  const fs::path history = folder.path() / "history";
  Typist typist;
  std::ofstream out(typist.name());
  std::FILE* file = ::fopen(typist.name().c_str(), "w");
  ASSERT_NE(file, nullptr);
  {
    TerminalDialog dialog(Terminal(typist.inner()), out, file, history);
    Prompt secret{"Password"};
    secret.is_secret = true;
    std::optional<std::string> answer;
    typist.type_at("Name: ", "Ada\r", [&] { answer = dialog.ask({"Name"}); });
    EXPECT_EQ(answer, "Ada");
    typist.type_at("Password: ", "s3kret-Ž\x7f!\r", [&] { answer = dialog.ask(secret); });
    EXPECT_EQ(answer, "s3kret-!");
    typist.type_at("Name: ", "\x1b[A\r", [&] { answer = dialog.ask({"Name"}); });
    EXPECT_EQ(answer, "Ada") << "the arrow brings back the line before the secret";
  }
  ::fclose(file);
  EXPECT_THAT(typist.seen(), HasSubstr("Ada"));
  EXPECT_THAT(typist.seen(), Not(HasSubstr("s3k")));
  EXPECT_THAT(read_file(history), HasSubstr("Ada"));
  EXPECT_THAT(read_file(history), Not(HasSubstr("s3kret")));
}

}  // namespace
}  // namespace osiris::cli
