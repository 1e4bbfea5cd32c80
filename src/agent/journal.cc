#include "agent/journal.h"

#include "base/error.h"

namespace osiris {

namespace {

constexpr std::size_t kMostRefusals = 20;

}  // namespace

template <typename Kind, typename Asking>
std::optional<Kind> Journal::answer(const Asking& asking) {
  if (is_silent()) return std::get<Kind>(answers_[at_++]);
  if (has_given_up()) return std::nullopt;
  std::optional<Kind> given = asking();
  if (given) {
    answers_.emplace_back(*given);
    ++at_;
  }
  return given;
}

void Journal::forget_last() {
  invariant(!answers_.empty(), "an answer to forget");
  answers_.pop_back();
  at_ = std::min(at_, answers_.size());
}

void Journal::refuse_last(std::string_view reason) {
  if (!reason.empty()) dialog_.say(reason, Tone::kError);
  forget_last();
  if (refused_at_ != answers_.size()) refused_count_ = 0;
  refused_at_ = answers_.size();
  ++refused_count_;
}

bool Journal::has_given_up() const { return refused_count_ >= kMostRefusals; }

void Journal::say(std::string_view text, Tone tone) {
  if (!is_silent()) dialog_.say(text, tone);
}

void Journal::stream(std::string_view piece) {
  if (!is_silent()) dialog_.stream(piece);
}

std::optional<std::string> Journal::ask(const Prompt& prompt) {
  Prompt asked = prompt;
  asked.can_go_back = can_go_back();
  return answer<std::string>([&] { return dialog_.ask(asked); });
}

std::optional<std::size_t> Journal::choose(const Menu& menu) {
  Menu asked = menu;
  asked.can_go_back = can_go_back();
  return answer<std::size_t>([&] { return dialog_.choose(asked); });
}

std::optional<std::vector<std::size_t>> Journal::choose_several(const Menu& menu) {
  Menu asked = menu;
  asked.can_go_back = can_go_back();
  return answer<std::vector<std::size_t>>([&] { return dialog_.choose_several(asked); });
}

std::optional<bool> Journal::confirm(const std::string& question, bool) {
  return answer<bool>([&] { return dialog_.confirm(question, can_go_back()); });
}

}  // namespace osiris
