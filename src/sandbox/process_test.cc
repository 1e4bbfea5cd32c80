#include "sandbox/process.h"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "net/connect_frames.h"

namespace osiris::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.config.command = "sh";
  options.config.arguments = {"-c", script};
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "A=1"};
  options.folder = "/";
  options.has_input = false;
  return options;
}

/// What a process says until its end, as "stdout:..", and how it ends.
struct Told {
  std::string out, errors, terminal;
  Json end;
};

void read_into(Told& told, const std::string& frame_text) {
  ConnectFrameDecoder decoder(1 << 20);
  decoder.feed(frame_text);
  const Json event = Json::parse(decoder.next()->payload)["event"];
  if (event.contains("end")) told.end = event["end"];
  if (!event.contains("data")) return;
  for (const auto& [stream, bytes] : event["data"].items()) {
    std::string& text = stream == "stdout" ? told.out : stream == "stderr" ? told.errors : told.terminal;
    text += *from_base64(bytes.get<std::string>());
  }
}

Told told_by(ProcessOutput::Subscription& subscription) {
  Told told;
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!subscription.is_finished() && steady_clock::now() < deadline) {
    for (const ProcessOutput::Frame& frame : subscription.take(deadline)) read_into(told, *frame);
  }
  return told;
}

Told told_by(ProcessOptions options) {
  Process process(std::move(options));
  ProcessOutput::Subscription subscription(process.output());
  process.run();
  return told_by(subscription);
}

/// Waits until a condition holds; whether it does.
template <typename Condition>
bool becomes_true(Condition&& condition) {
  for (int count = 0; count < 1000 && !condition(); ++count) std::this_thread::sleep_for(milliseconds(10));
  return condition();
}

TEST(Process, Tells_its_output_and_its_end) {
  const Told told = told_by(shell("echo out $A; echo err >&2; pwd; cat; exit 7"));
  EXPECT_EQ(told.out, "out 1\n/\n");
  EXPECT_EQ(told.errors, "err\n");
  EXPECT_EQ(told.end.dump(),
            R"({"exited":true,"status":"exit status 7","exitCode":7,"error":"exit status 7"})");
}

TEST(Process, Ends_as_the_protocol_says) {
  EXPECT_EQ(end_event_json(0), R"({"event":{"end":{"exited":true,"status":"exit status 0"}}})");
  EXPECT_EQ(end_event_json(SIGKILL),
            R"({"event":{"end":{"exitCode":-1,"status":"signal: killed","error":"signal: killed"}}})");
  EXPECT_EQ(told_by(shell("kill -TERM $$")).end["status"], "signal: terminated");
}

TEST(Process, That_is_not_there_ends_with_127_and_words) {
  ProcessOptions options = shell("");
  options.config.command = "no-such-program";
  const Told missing = told_by(options);
  EXPECT_EQ(missing.end["exitCode"], 127);
  EXPECT_NE(missing.errors.find("no-such-program: not found"), std::string::npos) << missing.errors;
  options.config.command = "/etc/passwd";
  EXPECT_EQ(told_by(options).end["exitCode"], 126);
}

TEST(Process, Is_found_in_the_path_of_its_own_environment) {
  const TestFolder folder;
  const fs::path program = folder.write("bin/mine", "#!/bin/sh\necho mine in $(pwd)\n");
  fs::permissions(program, fs::perms::owner_all);
  ProcessOptions options = shell("");
  options.config.command = "mine";
  options.config.arguments.clear();
  options.folder = folder.path().string();
  options.environment = {"PATH=bin:/usr/bin:/bin"};
  EXPECT_EQ(told_by(options).out, cat("mine in ", folder.path().string(), "\n"));
  options.config.command = "bin/mine";
  EXPECT_EQ(told_by(options).out, cat("mine in ", folder.path().string(), "\n"));
}

TEST(Process, Keeps_all_that_was_in_its_pipes) {
  const Told told = told_by(shell("head -c 3000000 /dev/zero | tr '\\0' x; printf end >&2"));
  EXPECT_EQ(told.out, std::string(3'000'000, 'x'));
  EXPECT_EQ(told.errors, "end");
}

TEST(Process, Ends_with_its_leader_whoever_has_its_pipes) {
  const auto begun = steady_clock::now();
  Process process(shell("(sleep 2; echo late; echo survived > /dev/stderr) & echo now"));
  ProcessOutput::Subscription subscription(process.output());
  process.run();
  const Told told = told_by(subscription);
  EXPECT_EQ(told.out, "now\n");
  EXPECT_LT(steady_clock::now() - begun, milliseconds(1500));
  EXPECT_TRUE(process.ended_at());
  EXPECT_FALSE(process.is_silent());
  EXPECT_TRUE(becomes_true([&] { return process.is_silent(); }));
  EXPECT_GT(steady_clock::now() - begun, milliseconds(1800));
}

TEST(Process, Reads_its_input_until_it_is_closed) {
  ProcessOptions options = shell("while read line; do echo got:$line; done; echo bye");
  options.has_input = true;
  Process process(options);
  ProcessOutput::Subscription subscription(process.output());
  process.run();
  process.write_input("one\ntw", [] { return false; });
  process.write_input("o\n", [] { return false; });
  process.close_input();
  EXPECT_EQ(told_by(subscription).out, "got:one\ngot:two\nbye\n");
  EXPECT_EQ(error_of([&] { process.write_input("x", [] { return false; }); }),
            "sandbox.input: stdin not enabled or closed");
  EXPECT_EQ(error_of([&] { process.resize({}); }), "sandbox.input: the process has no terminal");
}

TEST(Process, Holds_up_whoever_writes_what_it_does_not_read) {
  ProcessOptions options = shell("sleep 60");
  options.has_input = true;
  Process process(options);
  process.run();
  const std::string much(1 << 20, 'x');
  const auto begun = steady_clock::now();
  EXPECT_EQ(error_of([&] {
              process.write_input(much, [&] { return steady_clock::now() - begun > milliseconds(300); });
            }),
            "connection.lost: nobody waits for the input to be read");
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(200));
    process.signal(SIGKILL);
  });
  EXPECT_TRUE(
      error_of([&] { process.write_input(much, [] { return false; }); }).starts_with("sandbox.input: "));
  killer.join();
}

TEST(Process, Has_a_terminal_where_it_is_asked_for) {
  ProcessOptions options =
      shell("stty size; read line; echo got:$line; stty size; test -t 0 && test -t 2 && echo tty");
  options.terminal = TerminalSize{100, 30};
  Process process(options);
  ProcessOutput::Subscription subscription(process.output());
  process.run();
  process.resize({90, 20});
  process.write_input("hello\n", [] { return false; });
  const Told told = told_by(subscription);
  EXPECT_TRUE(told.terminal.starts_with("30 100\r\n") || told.terminal.starts_with("20 90\r\n") ||
              told.terminal.starts_with("hello\r\n"))
      << told.terminal;
  EXPECT_NE(told.terminal.find("got:hello\r\n20 90\r\ntty\r\n"), std::string::npos) << told.terminal;
  EXPECT_EQ(told.end["status"], "exit status 0");
  EXPECT_TRUE(error_of([&] {
                process.close_input();
              }).starts_with("sandbox.input: cannot close the input of a terminal"));
}

TEST(Process, Is_killed_at_its_deadline_with_all_its_group) {
  const TestFolder folder;
  ProcessOptions options =
      shell(cat("sleep 60 & echo $! > ", (folder.path() / "pid").string(), "; sleep 60"));
  options.deadline = steady_clock::now() + milliseconds(300);
  Process process(options);
  ProcessOutput::Subscription subscription(process.output());
  process.run();
  EXPECT_EQ(told_by(subscription).end["status"], "signal: killed");
  EXPECT_TRUE(process.is_overdue());
  EXPECT_TRUE(becomes_true([&] { return process.is_silent(); }));
}

TEST(Process, Sends_signals_to_its_group_or_to_its_leader_alone) {
  for (const bool leader_only : {false, true}) {
    ProcessOptions options = shell("sleep 3 & wait");
    options.signals_leader_only = leader_only;
    Process process(options);
    ProcessOutput::Subscription subscription(process.output());
    process.run();
    std::this_thread::sleep_for(milliseconds(100));
    const auto begun = steady_clock::now();
    process.signal(SIGTERM);
    EXPECT_EQ(told_by(subscription).end["status"], "signal: terminated");
    EXPECT_TRUE(becomes_true([&] { return process.is_silent(); }));
    EXPECT_EQ(steady_clock::now() - begun > milliseconds(2000), leader_only);
  }
}

TEST(Process, Goes_on_without_listeners) {
  Process process(shell("head -c 5000000 /dev/zero; exit 3"));
  process.run();
  EXPECT_TRUE(becomes_true([&] { return process.ended_at().has_value(); }));
  ProcessOutput::Subscription late(process.output());
  const Told told = told_by(late);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.end["exitCode"], 3);
}

TEST(Process, Waits_for_a_listener_where_it_is_told_to) {
  ProcessOptions options = shell("head -c 500000 /dev/zero | tr '\\0' y; exit 3");
  options.blocks_unattended = true;
  Process process(options);
  process.run();
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_FALSE(process.ended_at());
  ProcessOutput::Subscription late(process.output());
  const Told told = told_by(late);
  EXPECT_EQ(told.out, std::string(500'000, 'y'));
  EXPECT_EQ(told.end["exitCode"], 3);
}

TEST(Process, Stalls_while_one_listener_takes_nothing_and_loses_nothing) {
  const TestFolder folder;
  const std::string done = (folder.path() / "done").string();
  // More than a queue of 64 chunks of 32 KiB and a pipe hold.
  Process process(shell(cat("head -c 4000000 /dev/zero | tr '\\0' z; touch ", done)));
  ProcessOutput::Subscription quick(process.output());
  std::optional<ProcessOutput::Subscription> slow;
  slow.emplace(process.output());
  process.run();
  std::thread reader([&] { EXPECT_EQ(told_by(quick).out.size(), 4'000'000U); });
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_FALSE(fs::exists(done));
  EXPECT_EQ(told_by(*slow).out.size(), 4'000'000U);
  reader.join();
  EXPECT_TRUE(fs::exists(done));
}

TEST(Process, Goes_on_when_the_listener_that_held_it_up_goes) {
  Process process(shell("head -c 4000000 /dev/zero"));
  {
    const ProcessOutput::Subscription stuck(process.output());
    process.run();
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_FALSE(process.ended_at());
  }
  EXPECT_TRUE(becomes_true([&] { return process.ended_at().has_value(); }));
}

TEST(Process, Ends_with_its_object) {
  pid_t pid = 0;
  {
    Process process(shell("sleep 60"));
    process.run();
    pid = process.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
  {
    const Process never_run(shell("sleep 60"));
    pid = never_run.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace osiris::sandbox
