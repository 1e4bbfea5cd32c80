#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent/dialog.h"
#include "llm/message.h"

namespace osiris {

/// A language model that answers questions in a person's place, one after the other, from what they asked
/// for. It is held to what may be answered by JSON Schema, so that a small one will do. Nothing is done by
/// its yes: confirm() has no answer.
class AnsweringModel : public Dialog {
 public:
  /// Asks the model once.
  using Ask = std::function<llm::Answer(const llm::ModelRequest&)>;
  /// Hears of each answer: "Which table? orders".
  using Hear = std::function<void(const std::string& line)>;

  /// `prompt` is questions.md, which may have examples; `request` is what the
  /// person said. A cancel ends it.
  AnsweringModel(std::string_view prompt, std::string request, const Project& project, Ask ask, Hear hear,
                 Cancellation& cancellation);

  /// From now on each question tells what is wrong with the pipeline that earlier answers led to; those for
  /// words show it, too.
  void remember(const std::string& pipeline, std::string findings);

  /// What is said goes with the next question.
  void say(std::string_view text, Tone tone) override;
  void stream(std::string_view piece) override { said_ += piece; }
  std::optional<std::string> ask(const Prompt& prompt) override;
  std::optional<std::size_t> choose(const Menu& menu) override;
  std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) override;
  std::optional<bool> confirm(const std::string&, bool) override { return std::nullopt; }
  NoAnswer no_answer() const override { return NoAnswer::kEndOfInput; }
  bool attend(Cancellation& cancellation, const std::function<void()>& work) override;

 private:
  struct Question {
    std::string text, more;  ///< more: lines below it
    Json schema;
  };
  struct Choice {
    std::string label;
    std::vector<std::string> notes;
  };

  /// What the model is asked: the examples, then the question.
  llm::ModelRequest request_for(const Question& question);
  /// The answer, which the schema allows; null where the model gives none.
  Json answer(const Question& question);
  /// One of the choices, which is not asked for where there is only one; nothing where the model gives none.
  std::optional<std::string> one_of(const std::string& text, const std::vector<Choice>& choices);
  std::optional<std::string> words(const Prompt& prompt);
  /// What may be chosen: of names, where the request has some of them, only those.
  std::vector<Choice> choices_of(const Menu& menu) const;
  bool is_meant(const Menu& menu, const Menu::Item& item) const;
  std::vector<std::string> paths_for(PlaceOfRows place) const;
  bool is_there(const std::string& path) const;
  void take_down(const std::string& question, const std::string& given, const std::string& of = {});

  std::string request_;
  const Project& project_;
  Ask ask_;
  Hear hear_;
  Cancellation& cancellation_;
  std::string system_;
  std::vector<llm::Message> examples_;
  std::string said_, so_far_, findings_;
  std::vector<std::string> paths_;  ///< that the request names and no answer has taken
  std::set<std::string> sources_;   ///< places that were chosen as such
  std::size_t count_ = 0;
};

}  // namespace osiris
