#include "sandbox/sandbox_table.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "sandbox/random_text.h"
#include "sandbox/small_thread.h"

namespace osiris::sandbox {

namespace {

/// Chosen: a program that listens to SIGTERM is done by then, and nobody waits for one that does not.
constexpr std::chrono::milliseconds kGrace{300};
constexpr std::size_t kIdSize = 19;

}  // namespace

SandboxTable::SandboxTable(SandboxGround ground, std::size_t most,
                           std::function<void(const std::string&)> tell)
    : ground_(std::move(ground)), most_(most), tell_(std::move(tell)), reaper_([this] { reap(); }) {}

SandboxTable::~SandboxTable() {
  std::vector<Entry> rest;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    for (const auto& [id, sandbox] : sandboxes_) rest.push_back(sandbox);
    sandboxes_.clear();
  }
  changed_.notify_all();
  reaper_.join();
  end_all(std::move(rest));
}

SandboxTable::Entry SandboxTable::create(SandboxFacts facts, std::int64_t lifetime_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (sandboxes_.size() + starting_count_ >= most_)
      throw Error(ErrorKind::kUser, "sandbox.resource_exhausted",
                  cat("you have reached the maximum number of concurrent E2B sandboxes (", most_,
                      "); end one, or start the server with a larger --max"));
    ++starting_count_;
    facts.slot = next_slot_++;
  }
  /// The place that a sandbox has while it starts.
  struct StartingPlace {
    SandboxTable& table;
    bool is_held = true;

    /// Requires: the table's mutex is held.
    void give_up() {
      if (std::exchange(is_held, false)) --table.starting_count_;
    }
    ~StartingPlace() {
      const std::lock_guard lock(table.mutex_);
      give_up();
    }
  };
  StartingPlace place{*this};
  facts.id = "i" + random_text(kIdSize);
  facts.started_ms = now_ms();
  const auto sandbox = std::make_shared<Sandbox>(ground_, std::move(facts));
  sandbox->set_end_ms(now_ms() + lifetime_ms);
  {
    const std::lock_guard lock(mutex_);
    if (is_ending_) throw Error(ErrorKind::kUser, "sandbox.unavailable", "the server stops");
    sandboxes_.emplace(sandbox->facts().id, sandbox);
    // At once: for a moment it would be counted twice.
    place.give_up();
  }
  changed_.notify_all();
  return sandbox;
}

SandboxTable::Entry SandboxTable::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sandboxes_.find(id);
  return found == sandboxes_.end() ? nullptr : found->second;
}

std::vector<SandboxTable::Entry> SandboxTable::all() const {
  std::vector<Entry> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, sandbox] : sandboxes_) all.push_back(sandbox);
  }
  std::sort(all.begin(), all.end(), [](const Entry& one, const Entry& other) {
    return std::pair(one->facts().started_ms, one->facts().id) >
           std::pair(other->facts().started_ms, other->facts().id);
  });
  return all;
}

bool SandboxTable::remove(const std::string& id) {
  Entry sandbox;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sandboxes_.find(id);
    if (found == sandboxes_.end()) return false;
    sandbox = std::move(found->second);
    sandboxes_.erase(found);
  }
  sandbox->end(kGrace);
  return true;
}

void SandboxTable::set_end(const Entry& sandbox, std::int64_t unix_ms) {
  sandbox->set_end_ms(unix_ms);
  changed_.notify_all();
}

bool SandboxTable::resume(const Entry& sandbox, std::int64_t lifetime_ms) {
  const std::int64_t end_ms = now_ms() + lifetime_ms;
  // Before it goes on, so that it does not pause again for the time that is over.
  if (sandbox->state() == SandboxState::kPaused || end_ms > sandbox->end_ms()) set_end(sandbox, end_ms);
  return sandbox->resume();
}

std::vector<SandboxTable::Entry> SandboxTable::take_ended() {
  std::vector<Entry> ended;
  const std::int64_t now = now_ms();
  for (const Entry& sandbox : all()) {
    const bool is_over = sandbox->state() == SandboxState::kRunning && sandbox->end_ms() <= now;
    // What cannot be paused must not live for ever.
    const bool is_paused =
        is_over && sandbox->facts().pauses_at_end && sandbox->pause() != Sandbox::Paused::kImpossible;
    const bool has_died = !sandbox->is_running();
    if (!has_died && (!is_over || is_paused)) continue;
    {
      const std::lock_guard lock(mutex_);
      if (sandboxes_.erase(sandbox->facts().id) == 0) continue;
    }
    if (has_died) tell_(sandbox->obituary());
    ended.push_back(sandbox);
  }
  return ended;
}

void SandboxTable::reap() {
  // Chosen: so soon is one noticed that died by itself.
  constexpr std::chrono::milliseconds kTurn{500};
  for (;;) {
    std::vector<Entry> ended = take_ended();
    end_all(std::move(ended));
    std::unique_lock lock(mutex_);
    if (is_ending_) return;
    std::int64_t next_ms = now_ms() + kTurn.count();
    for (const auto& [id, sandbox] : sandboxes_) {
      if (sandbox->state() == SandboxState::kRunning) next_ms = std::min(next_ms, sandbox->end_ms());
    }
    const auto pause = std::chrono::milliseconds(std::max<std::int64_t>(next_ms - now_ms(), 1));
    changed_.wait_for(lock, pause);
  }
}

void SandboxTable::end_all(std::vector<Entry> ended) {
  constexpr std::size_t kMostAtOnce = 8;
  std::atomic<std::size_t> next{0};
  std::vector<SmallThread> threads;
  for (std::size_t count = 0; count < std::min(kMostAtOnce, ended.size()); ++count) {
    threads.emplace_back([&] {
      for (std::size_t index = next++; index < ended.size(); index = next++) {
        ended[index]->end(kGrace);
        ended[index].reset();
      }
    });
  }
}

}  // namespace osiris::sandbox
