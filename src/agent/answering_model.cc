#include "agent/answering_model.h"

#include <algorithm>
#include <cctype>

#include "agent/schema_check.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris {

namespace {

/// Whoever has a person answer twenty times the same may be answered by a model for ever.
constexpr std::size_t kMostQuestions = 80;
constexpr int kMostFormTries = 3;
constexpr std::size_t kMostAnswerCharacters = 1000;
constexpr std::string_view kQuestionHeading = "\n## Question\n", kAnswerHeading = "\n## Answer\n";
constexpr const char* kAnswer = "answer";

/// The text before a mark; what is left begins after it.
std::string cut(std::string_view& text, std::string_view mark) {
  const std::size_t end = text.find(mark);
  const std::string part(trim(text.substr(0, end)));
  text = end == std::string_view::npos ? "" : text.substr(end + mark.size());
  return part;
}

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Whether a text has a name as a word of its own, in capitals or not.
bool has_word(const std::string& text, const std::string& name) {
  if (name.empty()) return false;
  const std::string whole = to_lower(text), word = to_lower(name);
  for (std::size_t at = whole.find(word); at != std::string::npos; at = whole.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool is_begun = at > 0 && is_of_word(whole[at - 1]) && is_of_word(word.front());
    if (!is_begun && (end == whole.size() || !is_of_word(whole[end]))) return true;
  }
  return false;
}

/// The words of a text that may be paths of files.
std::vector<std::string> paths_of(const std::string& text) {
  constexpr std::string_view kAround = "\"'`()[]<>,;:!?";
  std::vector<std::string> paths;
  std::string line = text;
  std::ranges::replace_if(
      line, [](unsigned char c) { return std::isspace(c) != 0; }, ' ');
  for (std::string word : split(line, ' ')) {
    while (!word.empty() && (kAround.find(word.back()) != std::string_view::npos || word.back() == '.'))
      word.pop_back();
    word.erase(0, std::min(word.find_first_not_of(kAround), word.size()));
    const std::size_t point = word.rfind('.');
    const bool has_ending = point != std::string::npos && point > 0 && point + 1 < word.size() &&
                            std::isalpha(static_cast<unsigned char>(word[point + 1])) != 0;
    if (has_ending && !word.starts_with('@')) paths.push_back(word);
  }
  return paths;
}

/// A yes or a no for each of them: to a small model that is easier than a list.
Json any_of(const std::vector<std::string>& labels) {
  Json properties = Json::object();
  for (const std::string& label : labels) properties[label] = {{"type", "boolean"}};
  return {
      {"type", "object"}, {"properties", properties}, {"required", labels}, {"additionalProperties", false}};
}

Json whole_schema(const Json& answer) {
  return {{"type", "object"},
          {"properties", {{kAnswer, answer}}},
          {"required", {kAnswer}},
          {"additionalProperties", false}};
}

std::vector<std::string> labels_at(const Menu& menu, const std::vector<std::size_t>& places) {
  std::vector<std::string> labels;
  for (const std::size_t at : places) labels.push_back(menu.items[at].label);
  return labels;
}

}  // namespace

AnsweringModel::AnsweringModel(std::string_view prompt, std::string request, const Project& project, Ask ask,
                               Hear hear, Cancellation& cancellation)
    : request_(std::move(request)),
      project_(project),
      ask_(std::move(ask)),
      hear_(std::move(hear)),
      cancellation_(cancellation),
      paths_(paths_of(request_)) {
  std::string_view rest = prompt;
  system_ = cut(rest, kQuestionHeading);
  while (!rest.empty()) {
    examples_.push_back({llm::Message::Role::kPerson, cut(rest, kAnswerHeading)});
    examples_.push_back({llm::Message::Role::kModel, cut(rest, kQuestionHeading)});
  }
}

void AnsweringModel::remember(const std::string& pipeline, std::string findings) {
  so_far_ = cat("Earlier answers led to this pipeline:\n", pipeline, "\n", so_far_);
  findings_ = std::move(findings);
}

void AnsweringModel::say(std::string_view text, Tone) { said_ += cat(trim(text), "\n"); }

bool AnsweringModel::attend(Cancellation& cancellation, const std::function<void()>& work) {
  const Cancellation::Hook follows = cancellation_.on_cancel([&] { cancellation.cancel(); });
  work();
  cancellation_.check();
  return false;
}

llm::ModelRequest AnsweringModel::request_for(const Question& question) {
  // What stays the same comes first: servers keep what they have read of it.
  llm::ModelRequest request{system_, examples_};
  const std::string text = cat("Request: ", request_, "\n\n", findings_, std::exchange(said_, ""),
                               question.text, "\n", question.more);
  request.messages.push_back({llm::Message::Role::kPerson, std::string(trim(text))});
  request.answer_schema = whole_schema(question.schema);
  request.temperature = 0;
  return request;
}

Json AnsweringModel::answer(const Question& question) {
  cancellation_.check();
  if (++count_ > kMostQuestions) return nullptr;
  llm::ModelRequest request = request_for(question);
  for (int attempt = 0; attempt < kMostFormTries; ++attempt) {
    const std::string text = ask_(request).message.text;
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_discarded() && !find_misfit(json, *request.answer_schema)) return json[kAnswer];
    request.messages.push_back({llm::Message::Role::kModel, text});
    request.messages.push_back({llm::Message::Role::kPerson,
                                cat("Answer as this JSON Schema says: ", request.answer_schema->dump())});
  }
  return nullptr;
}

std::optional<std::string> AnsweringModel::one_of(const std::string& text,
                                                  const std::vector<Choice>& choices) {
  if (choices.size() == 1) return choices.front().label;
  Question question{text, {}, {{"enum", Json::array()}}};
  for (const Choice& choice : choices) {
    question.schema["enum"].push_back(choice.label);
    question.more +=
        cat("- ", choice.label, choice.notes.empty() ? "" : cat(" (", join(choice.notes, "; "), ")"), "\n");
  }
  const Json chosen = answer(question);
  return chosen.is_null() ? std::nullopt : std::optional(chosen.get<std::string>());
}

void AnsweringModel::take_down(const std::string& question, const std::string& given, const std::string& of) {
  hear_(cat(question, " ", given));
  so_far_ += cat(question, " ", given, of.empty() ? "" : cat(" (of ", of, ")"), "\n");
}

bool AnsweringModel::is_there(const std::string& path) const {
  return fs::is_regular_file(project_.folder() / path);
}

std::vector<std::string> AnsweringModel::paths_for(PlaceOfRows place) const {
  std::vector<std::string> paths;
  for (const std::string& path : paths_) {
    if (place == PlaceOfRows::kTarget || is_there(path)) paths.push_back(path);
  }
  return paths;
}

bool AnsweringModel::is_meant(const Menu& menu, const Menu::Item& item) const {
  if (item.is_name) return has_word(request_, item.label);
  return menu.place != PlaceOfRows::kNone && !paths_for(menu.place).empty();
}

std::vector<AnsweringModel::Choice> AnsweringModel::choices_of(const Menu& menu) const {
  const bool is_place = menu.place != PlaceOfRows::kNone;
  const auto is_of_names = [&](const Menu::Item& item) { return item.is_name || is_place; };
  // A request that names two places means one as the source and the other one as the target.
  const auto is_new = [&](const Menu::Item& item) {
    return menu.place != PlaceOfRows::kTarget || !item.is_name || !sources_.contains(item.label);
  };
  const auto is_meant_item = [&](const Menu::Item& item) {
    return is_of_names(item) && is_meant(menu, item);
  };
  const bool names_some = std::ranges::any_of(menu.items, is_meant_item);
  const bool names_new = std::ranges::any_of(
      menu.items, [&](const Menu::Item& item) { return is_meant_item(item) && is_new(item); });
  std::vector<Choice> choices;
  for (std::size_t at = 0; at < menu.items.size(); ++at) {
    const Menu::Item& item = menu.items[at];
    const bool is_meant_here = is_meant_item(item);
    const bool is_unnamed = is_of_names(item) && (!is_meant_here || (names_new && !is_new(item)));
    if (names_some && (is_unnamed || item.is_else)) continue;
    Choice choice{item.label, {}};
    if (is_meant_here) choice.notes.emplace_back("in the request");
    if (menu.chosen.size() == 1 && menu.chosen.front() == at) choice.notes.emplace_back("usual");
    if (!item.detail.empty()) choice.notes.push_back(item.detail);
    choices.push_back(std::move(choice));
  }
  return choices;
}

std::optional<std::size_t> AnsweringModel::choose(const Menu& menu) {
  const auto chosen = one_of(menu.text, choices_of(menu));
  if (!chosen) return std::nullopt;
  const auto found = std::ranges::find(menu.items, *chosen, &Menu::Item::label);
  if (menu.place == PlaceOfRows::kSource) sources_.insert(*chosen);
  take_down(menu.text, *chosen);
  return static_cast<std::size_t>(found - menu.items.begin());
}

std::optional<std::vector<std::size_t>> AnsweringModel::choose_several(const Menu& menu) {
  std::vector<std::size_t> named;
  std::vector<std::string> labels;
  for (std::size_t at = 0; at < menu.items.size(); ++at) {
    labels.push_back(menu.items[at].label);
    if (menu.items[at].is_name && has_word(request_, labels.back())) named.push_back(at);
  }
  // Sets that are likely are chosen as one, which a small model can.
  std::vector<std::pair<std::string, std::vector<std::size_t>>> sets;
  std::vector<Choice> choices;
  const auto offer = [&](const std::vector<std::size_t>& set, const char* note) {
    const bool is_known = std::ranges::any_of(sets, [&](const auto& each) { return each.second == set; });
    if (set.empty() || is_known) return;
    sets.emplace_back(cat(set.size() == labels.size() ? "all of " : "", join(labels_at(menu, set), ", ")),
                      set);
    choices.push_back({sets.back().first, {note}});
  };
  offer(menu.chosen, "usual");
  offer(named, "in the request");
  const std::string others = "others";
  choices.push_back({others, {}});
  const auto label = one_of(menu.text, choices);
  if (!label) return std::nullopt;
  std::vector<std::size_t> several;
  if (*label != others) {
    several = std::ranges::find(sets, *label, &decltype(sets)::value_type::first)->second;
  } else {
    const Json each = answer({cat(menu.text, " true or false for each"), "", any_of(labels)});
    if (each.is_null()) return std::nullopt;
    for (std::size_t at = 0; at < labels.size(); ++at) {
      if (each[labels[at]] == true) several.push_back(at);
    }
    if (several.empty()) several = menu.chosen;
  }
  take_down(menu.text, join(labels_at(menu, several), ", "), join(labels, ", "));
  return several;
}

std::optional<std::string> AnsweringModel::words(const Prompt& prompt) {
  std::vector<Choice> choices;
  if (prompt.place != PlaceOfRows::kNone) {
    for (const std::string& path : paths_for(prompt.place)) choices.push_back({path, {"in the request"}});
  }
  if (!choices.empty()) return one_of(prompt.text, choices);
  if (prompt.may_be_empty) {
    const auto is_wanted = one_of(cat(prompt.text, " Is there one?"), {{"no", {"usual"}}, {"yes", {}}});
    if (!is_wanted || *is_wanted == "no") return is_wanted ? std::optional(std::string()) : std::nullopt;
  }
  if (!so_far_.empty()) said_ = cat("So far:\n", so_far_, "\n", said_);
  Question question{prompt.text, "", {{"type", "string"}, {"maxLength", kMostAnswerCharacters}}};
  if (!prompt.hint.empty()) question.more += cat("(", prompt.hint, ")\n");
  if (!prompt.default_text.empty()) question.more += cat("usual: ", prompt.default_text, "\n");
  const Json given = answer(question);
  if (given.is_null()) return std::nullopt;
  const std::string text = given.get<std::string>();
  return prompt.keeps_spaces ? text : std::string(trim(text));
}

std::optional<std::string> AnsweringModel::ask(const Prompt& prompt) {
  auto text = words(prompt);
  if (!text) return std::nullopt;
  // A path is read or written once, and one that was refused is not offered again.
  if (prompt.place != PlaceOfRows::kNone) std::erase(paths_, *text);
  if (text->empty()) text = prompt.default_text;
  take_down(cat(prompt.text, ":"), *text);
  return text;
}

}  // namespace osiris
