#include "project/environment.h"

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris {

Environment Environment::of_process(char** variables) {
  Environment environment;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view entry = *variables;
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    environment.variables_[std::string(entry.substr(0, equals))] = {
        Secret(std::string(entry.substr(equals + 1))), "environment"};
  }
  return environment;
}

const Environment::Variable* Environment::find(std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end() || found->second.value.empty()) return nullptr;
  return &found->second;
}

const Secret& Environment::value_of(std::string_view name) const {
  if (const Variable* variable = find(name)) return variable->value;
  throw Error(ErrorKind::kUser, "variable.missing", cat("the variable is not set: '", name, "'"),
              cat("export ", name, " or write it into .env"));
}

std::optional<std::string> Environment::plain(std::string_view name) const {
  const Variable* variable = find(name);
  if (variable == nullptr) return std::nullopt;
  return variable->value.reveal();
}

std::vector<std::string> Environment::names_with_prefix(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const auto& [name, variable] : variables_) {
    if (name.starts_with(prefix)) names.push_back(name);
  }
  return names;
}

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Reads the assignments of a .env file.
class EnvFileReader {
 public:
  EnvFileReader(const std::string& name, std::string_view text, Environment& environment)
      : name_(name), text_(text), environment_(environment) {}

  /// The next assignment; false at the end of the file.
  bool next(std::string& key, std::string& value, int& line) {
    skip_blank_lines();
    if (at_ == text_.size()) return false;
    line = line_;
    key = read_key();
    value = read_value();
    return true;
  }

 private:
  [[noreturn]] void fail(const std::string& message, int line) const {
    throw Error(ErrorKind::kUser, "env.syntax", message, "a line is NAME=value; quote values with spaces")
        .at({name_, line, 0});
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }
  void skip_line() {
    while (at_ < text_.size() && take() != '\n') {
    }
  }

  void skip_blank_lines() {
    for (;;) {
      while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
        take();
      if (peek() != '#') return;
      skip_line();
    }
  }

  std::string read_word() {
    const std::size_t begin = at_;
    while (is_name_character(peek())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string read_key() {
    std::string key = read_word();
    if (key == "export" && (peek() == ' ' || peek() == '\t')) {
      skip_spaces();
      key = read_word();
    }
    skip_spaces();
    if (key.empty() || (peek() != '=' && peek() != ':')) fail("this line is not NAME=value", line_);
    ++at_;
    return key;
  }

  std::string read_value() {
    skip_spaces();
    if (peek() == '\'') return read_single_quoted();
    if (peek() == '"') return read_double_quoted();
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '\n') {
      if (text_[end] == '#' && (end == at_ || text_[end - 1] == ' ' || text_[end - 1] == '\t')) break;
      ++end;
    }
    const std::string_view raw = trim(text_.substr(at_, end - at_));
    skip_line();
    return expand(raw);
  }

  std::string read_single_quoted() {
    const int begin_line = line_;
    take();
    std::string value;
    while (at_ < text_.size() && peek() != '\'') value += take();
    if (at_ == text_.size()) fail("a quote is not closed", begin_line);
    take();
    skip_line();
    return value;
  }

  std::string read_double_quoted() {
    const int begin_line = line_;
    take();
    std::string value;
    std::string part;
    while (at_ < text_.size() && peek() != '"') {
      const char c = take();
      if (c != '\\' || at_ == text_.size()) {
        part += c;
        continue;
      }
      value += expand(part);
      part.clear();
      value += unescape(take());
    }
    if (at_ == text_.size()) fail("a quote is not closed", begin_line);
    take();
    skip_line();
    return value + expand(part);
  }

  static std::string unescape(char c) {
    switch (c) {
      case 'n':
        return "\n";
      case 'r':
        return "\r";
      case 't':
        return "\t";
      case '"':
      case '\\':
      case '$':
        return {c};
      default:
        return {'\\', c};
    }
  }

  /// ${VAR}, ${VAR:-default} and $VAR; an unset variable is empty, $$ is a dollar sign.
  std::string expand(std::string_view raw) const {
    std::string out;
    for (std::size_t at = 0; at < raw.size();) {
      if (raw[at] != '$' || at + 1 == raw.size()) {
        out += raw[at++];
      } else if (raw[at + 1] == '$') {
        out += '$';
        at += 2;
      } else if (raw[at + 1] == '{') {
        const std::size_t end = raw.find('}', at);
        if (end == std::string_view::npos) {
          out += raw.substr(at);
          break;
        }
        out += lookup(raw.substr(at + 2, end - at - 2));
        at = end + 1;
      } else {
        std::size_t end = at + 1;
        while (end < raw.size() && is_name_character(raw[end])) ++end;
        out += end == at + 1 ? "$" : lookup(raw.substr(at + 1, end - at - 1));
        at = end;
      }
    }
    return out;
  }

  std::string lookup(std::string_view expression) const {
    const std::size_t dash = expression.find(":-");
    const Environment::Variable* variable = environment_.find(expression.substr(0, dash));
    if (variable != nullptr) return variable->value.reveal();
    return dash == std::string_view::npos ? std::string() : std::string(expression.substr(dash + 2));
  }

  const std::string& name_;
  std::string_view text_;
  Environment& environment_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

void Environment::add_file(const std::string& name, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  EnvFileReader reader(name, text, *this);
  std::string key;
  std::string value;
  int line = 0;
  while (reader.next(key, value, line)) {
    const auto known = variables_.find(key);
    if (known != variables_.end() && known->second.origin == "environment") continue;
    variables_[key] = {Secret(std::move(value)), cat(name, ':', line)};
  }
}

namespace {

/// Calls `literal` and `placeholder` with the parts of a text, in order.
template <typename OnLiteral, typename OnPlaceholder>
void for_each_part(std::string_view text, OnLiteral&& literal, OnPlaceholder&& placeholder) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t dollar = text.find('$', at);
    literal(text.substr(at, dollar - at));
    if (dollar == std::string_view::npos) return;
    if (text.substr(dollar).starts_with("$${")) {
      literal(std::string_view("${"));
      at = dollar + 3;
    } else if (text.substr(dollar).starts_with("${")) {
      const std::size_t end = text.find('}', dollar);
      if (end == std::string_view::npos) {
        throw Error(ErrorKind::kUser, "connection.syntax", "a ${ has no closing brace",
                    "write $${ for a literal ${");
      }
      placeholder(text.substr(dollar + 2, end - dollar - 2));
      at = end + 1;
    } else {
      literal(std::string_view("$"));
      at = dollar + 1;
    }
  }
}

}  // namespace

Substitution substitute(std::string_view text, const Environment& environment) {
  std::string value;
  std::vector<std::string> origins;
  for_each_part(
      text, [&](std::string_view literal) { value += literal; },
      [&](std::string_view expression) {
        if (expression.starts_with("file:")) {
          const std::string path(expression.substr(5));
          std::string content = read_file(path);
          while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
          value += content;
          origins.push_back(cat("file ", path));
          return;
        }
        const std::size_t dash = expression.find(":-");
        const std::string name(expression.substr(0, dash));
        if (const Environment::Variable* variable = environment.find(name)) {
          value += variable->value.reveal();
          origins.push_back(cat(name, " (", variable->origin, ")"));
        } else if (dash != std::string_view::npos) {
          value += expression.substr(dash + 2);
          origins.push_back(cat(name, " (default)"));
        } else {
          throw Error(ErrorKind::kUser, "connection.missing_variable",
                      cat("the variable is not set: '", name, "'"),
                      cat("export ", name, " or write it into .env"));
        }
      });
  return {Secret(std::move(value)), origins.empty() ? "literal" : join(origins, ", ")};
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> names;
  for_each_part(
      text, [](std::string_view) {},
      [&](std::string_view expression) {
        if (!expression.starts_with("file:")) names.emplace_back(expression.substr(0, expression.find(":-")));
      });
  return names;
}

}  // namespace osiris
