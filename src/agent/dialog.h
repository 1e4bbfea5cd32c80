#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/tool.h"
#include "base/cancellation.h"

namespace osiris {

/// How a text that is said is meant; a terminal may show it by colour.
enum class Tone { kPlain, kHeading, kNote, kWarning, kError };

/// Why a question has no answer.
enum class NoAnswer {
  kEndOfInput,   ///< nobody will answer any more
  kInterrupted,  ///< Ctrl-C: the person wants out of what goes on
  kBack,         ///< the person wants the question before this one; only where it was offered
};

/// Which end of a pipeline a question asks for.
enum class PlaceOfRows { kNone, kSource, kTarget };

/// A question that is answered by a line of text.
struct Prompt {
  std::string text;                        ///< "Name of the file", or "> "
  std::string default_text{};              ///< what an empty line means
  std::string hint{};                      ///< what an answer looks like
  std::vector<std::string> completions{};  ///< words that Tab completes
  bool is_secret = false;                  ///< neither shown while typed nor remembered
  bool can_go_back = false;
  bool keeps_spaces = false;               ///< those around the answer belong to it, as in a line of code
  bool may_be_empty = false;               ///< an empty answer says that there is none
  PlaceOfRows place = PlaceOfRows::kNone;  ///< that the path of a file is asked for
};

/// A question that is answered by choosing from a list.
struct Menu {
  struct Item {
    std::string label;     ///< what is typed to choose it, and told as chosen
    std::string detail{};  ///< shown beside it
    bool is_name = false;  ///< of something that was found, such as a table
    bool is_else = false;  ///< for where none of the names is meant
  };

  std::string text;
  std::vector<Item> items;
  std::vector<std::size_t> chosen{};  ///< before the person chooses: what an empty line means
  std::string hint{};
  bool can_go_back = false;
  PlaceOfRows place = PlaceOfRows::kNone;  ///< that is asked for: a connection, which is a name, or a file
};

/// A person who answers: on a terminal, or line by line through a pipe.
///
/// What is shown may come from a database or a model: whatever would move a cursor or change a terminal
/// becomes '?'; line breaks and tabs stay. A question that gets a wrong answer is asked again; `no_answer()`
/// tells why one came back without any.
class Dialog {
 public:
  virtual ~Dialog() = default;

  /// Shows whole lines; the last one needs no line break.
  virtual void say(std::string_view text, Tone tone = Tone::kPlain) = 0;
  /// Shows a piece of an answer at once; a character may be cut between two pieces. say() and every question
  /// begin a new line where the pieces have not ended one.
  virtual void stream(std::string_view piece) = 0;

  /// A line, without the spaces around it.
  virtual std::optional<std::string> ask(const Prompt& prompt) = 0;
  /// One of the items. Requires: there is one.
  virtual std::optional<std::size_t> choose(const Menu& menu) = 0;
  /// Any number of items, in the order of the list. Requires: there is one.
  virtual std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) = 0;
  /// A yes or a no. An empty line is no answer and the question is asked again: nothing is done by accident.
  virtual std::optional<bool> confirm(const std::string& question, bool can_go_back = false) = 0;
  /// Why the last question has no answer. Requires: it has none.
  virtual NoAnswer no_answer() const = 0;

  /// Does work while Ctrl-C cancels it. Returns whether the person interrupted.
  virtual bool attend(Cancellation& cancellation, const std::function<void()>& work) = 0;
};

/// Asks for what only a person may allow in the conversation itself: shows what would be done, then asks.
/// No answer is a no.
class DialogConsent : public Consent {
 public:
  explicit DialogConsent(Dialog& dialog) : dialog_(dialog) {}
  bool ask(const Question& question) override;

 private:
  Dialog& dialog_;
};

}  // namespace osiris
