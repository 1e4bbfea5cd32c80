#include "cli/line_editor.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cwchar>

#include <histedit.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "cli/terminal_input.h"

namespace osiris::cli {

namespace {

/// Enough to find yesterday's answers, little enough to read in no time.
constexpr int kMostRemembered = 500;
constexpr std::string_view kPasteOn = "\x1b[?2004h";
/// How a terminal marks the end of what is pasted. Source: xterm control sequences, bracketed paste mode.
constexpr std::wstring_view kPasteEnd = L"\x1b[201~";

/// Keys whose bytes the library does not take from the terminal's own description.
/// Source: xterm control sequences, PC-style function keys.
constexpr std::array<std::pair<const char*, const char*>, 10> kKeys{{{"\\e[H", "ed-move-to-beg"},
                                                                     {"\\eOH", "ed-move-to-beg"},
                                                                     {"\\e[1~", "ed-move-to-beg"},
                                                                     {"\\e[F", "ed-move-to-end"},
                                                                     {"\\eOF", "ed-move-to-end"},
                                                                     {"\\e[4~", "ed-move-to-end"},
                                                                     {"\\e[3~", "ed-delete-next-char"},
                                                                     {"\\e[1;5C", "em-next-word"},
                                                                     {"\\e[1;5D", "ed-prev-word"},
                                                                     {"\\e[Z", "ed-ignore"}}};

struct EditorEnd {
  void operator()(EditLine* editor) const { ::el_end(editor); }
};
struct HistoryEnd {
  void operator()(History* history) const { ::history_end(history); }
};

std::string narrow(std::wstring_view wide) {
  std::string text;
  std::mbstate_t state{};
  for (const wchar_t character : wide) {
    char bytes[MB_LEN_MAX];
    const std::size_t size = std::wcrtomb(bytes, character, &state);
    if (size != static_cast<std::size_t>(-1)) text.append(bytes, size);
  }
  return text;
}

}  // namespace

struct LineEditor::Parts {
  std::FILE* out = nullptr;
  fs::path file;
  std::unique_ptr<History, HistoryEnd> history;
  std::unique_ptr<EditLine, EditorEnd> editor;
  TerminalInput* input = nullptr;  ///< while a line is read
  std::string prompt;
  std::vector<std::string> completions;
  bool is_interrupted = false;

  static Parts& of(EditLine* editor) {
    void* parts = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &parts);
    return *static_cast<Parts*>(parts);
  }

  static char* prompt_of(EditLine* editor) { return of(editor).prompt.data(); }

  /// One character of what is typed; 0 at the end.
  static int read_character(EditLine* editor, wchar_t* character) {
    Parts& parts = of(editor);
    std::mbstate_t state{};
    for (;;) {
      char byte = 0;
      switch (parts.input->read(byte)) {
        case TerminalInput::Event::kByte:
          break;
        case TerminalInput::Event::kInterrupted:
          parts.is_interrupted = true;
          return 0;
        case TerminalInput::Event::kEndOfInput:
          return 0;
        case TerminalInput::Event::kTimeout:
          continue;
        case TerminalInput::Event::kResized:
        case TerminalInput::Event::kResumed:
          ::el_resize(editor);
          ::el_set(editor, EL_REFRESH);
          continue;
      }
      const std::size_t size = std::mbrtowc(character, &byte, 1, &state);
      if (size == static_cast<std::size_t>(-1)) {
        state = {};
        *character = L'\uFFFD';
        return 1;
      }
      if (size != static_cast<std::size_t>(-2)) return 1;
    }
  }

  static unsigned char interrupt(EditLine* editor, int) {
    of(editor).is_interrupted = true;
    return CC_EOF;
  }

  /// Takes what is pasted as it is, without its last line break.
  static unsigned char paste(EditLine* editor, int) {
    std::wstring pasted;
    wchar_t character = 0;
    while (read_character(editor, &character) == 1) {
      pasted += character == L'\r' ? L'\n' : character;
      if (pasted.ends_with(kPasteEnd)) break;
    }
    if (pasted.ends_with(kPasteEnd)) pasted.resize(pasted.size() - kPasteEnd.size());
    while (pasted.ends_with(L'\n')) pasted.pop_back();
    return ::el_insertstr(editor, narrow(pasted).c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }

  /// Puts what the word before the cursor can only become; shows what it can become otherwise.
  static unsigned char complete(EditLine* editor, int) {
    Parts& parts = of(editor);
    const LineInfo* line = ::el_line(editor);
    const std::string before(line->buffer, line->cursor);
    const std::string word = before.substr(before.find_last_of(' ') + 1);
    std::vector<std::string> found;
    for (const std::string& each : parts.completions) {
      if (each.starts_with(word)) found.push_back(each);
    }
    if (found.empty()) return CC_ERROR;
    std::string shared = found.front();
    for (const std::string& each : found) {
      const auto ends = std::ranges::mismatch(shared, each);
      shared.erase(ends.in1, shared.end());
    }
    if (shared.size() > word.size())
      return ::el_insertstr(editor, shared.c_str() + word.size()) == 0 ? CC_REFRESH : CC_ERROR;
    if (found.size() == 1) return CC_ERROR;
    std::fprintf(parts.out, "\n%s\n", harmless(join(found, "  ")).c_str());
    return CC_REDISPLAY;
  }
};

LineEditor::LineEditor(std::FILE* out, fs::path history) : parts_(std::make_unique<Parts>()) {
  const Utf8Speech speech;
  Parts& parts = *parts_;
  parts.out = out;
  parts.file = std::move(history);
  parts.history.reset(::history_init());
  parts.editor.reset(::el_init("osiris", stdin, out, stderr));
  invariant(parts.history != nullptr && parts.editor != nullptr, "lines can be edited");
  HistEvent event{};
  ::history(parts.history.get(), &event, H_SETSIZE, kMostRemembered);
  ::history(parts.history.get(), &event, H_SETUNIQUE, 1);
  if (!parts.file.empty()) ::history(parts.history.get(), &event, H_LOAD, parts.file.c_str());
  EditLine* editor = parts.editor.get();
  ::el_set(editor, EL_CLIENTDATA, &parts);
  ::el_set(editor, EL_EDITOR, "emacs");
  ::el_set(editor, EL_SIGNAL, 0);
  ::el_set(editor, EL_HIST, ::history, parts.history.get());
  ::el_set(editor, EL_PROMPT, &Parts::prompt_of);
  ::el_set(editor, EL_GETCFN, &Parts::read_character);
  // Ctrl-C is a key like others.
  ::el_set(editor, EL_SETTY, "-d", "intr=", nullptr);
  // Wide names are kept as they are; of others the library makes copies that it never frees.
  ::el_wset(editor, EL_ADDFN, L"osiris-interrupt", L"Ends the line without an answer", &Parts::interrupt);
  ::el_wset(editor, EL_ADDFN, L"osiris-paste", L"Takes what is pasted", &Parts::paste);
  ::el_wset(editor, EL_ADDFN, L"osiris-complete", L"Completes a word", &Parts::complete);
  ::el_set(editor, EL_BIND, "^C", "osiris-interrupt", nullptr);
  ::el_set(editor, EL_BIND, "\\e[200~", "osiris-paste", nullptr);
  ::el_set(editor, EL_BIND, "\\t", "osiris-complete", nullptr);
  ::el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  for (const auto& [keys, command] : kKeys) ::el_set(editor, EL_BIND, keys, command, nullptr);
}

LineEditor::~LineEditor() = default;

std::optional<std::string> LineEditor::read(const std::string& prompt,
                                            const std::vector<std::string>& completions, NoAnswer& why) {
  const Utf8Speech speech;
  Parts& parts = *parts_;
  TerminalInput input(STDIN_FILENO, ::fileno(parts.out));
  parts.input = &input;
  parts.prompt = prompt;
  parts.completions = completions;
  parts.is_interrupted = false;
  std::fwrite(kPasteOn.data(), 1, kPasteOn.size(), parts.out);
  int size = 0;
  const char* line = ::el_gets(parts.editor.get(), &size);
  parts.input = nullptr;
  if (line == nullptr || size <= 0 || parts.is_interrupted) {
    std::fputc('\n', parts.out);
    std::fflush(parts.out);
    why = parts.is_interrupted ? NoAnswer::kInterrupted : NoAnswer::kEndOfInput;
    return std::nullopt;
  }
  std::string text(line, static_cast<std::size_t>(size));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void LineEditor::remember(const std::string& line) {
  if (is_blank(line)) return;
  const Utf8Speech speech;
  Parts& parts = *parts_;
  HistEvent event{};
  ::history(parts.history.get(), &event, H_ENTER, line.c_str());
  if (parts.file.empty()) return;
  make_folders(parts.file.parent_path());
  // The library writes for the owner's eyes only; a conversation beside this one finds the old file or the
  // new.
  const fs::path beside = cat(parts.file.string(), ".", ::getpid());
  ::history(parts.history.get(), &event, H_SAVE, beside.c_str());
  std::error_code ignored;
  fs::rename(beside, parts.file, ignored);
}

}  // namespace osiris::cli
