#include "format/yaml.h"

#include <charconv>
#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace osiris::yaml {

namespace {

constexpr std::size_t kMostNodes = 1'000'000;
constexpr int kDeepest = 100;
/// A comment after the end of the text. The library takes a quote that the end leaves open for closed; then
/// this is a part of the quoted text.
constexpr std::string_view kEndMark = "# \x1E\n";

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_integer(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return is_digits(text);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".nan") return true;
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos && !is_integer(text.substr(exponent + 1))) return false;
  const std::string_view mantissa = text.substr(0, exponent);
  const std::size_t point = mantissa.find('.');
  if (point == std::string_view::npos) return is_digits(mantissa);
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = mantissa.substr(point + 1);
  if (whole.empty()) return is_digits(fraction);
  return is_digits(whole) && (fraction.empty() || is_digits(fraction));
}

/// Builds the tree from the parser's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_(std::move(file)) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(mark, Node::Kind::kNull), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail("yaml.syntax", "an alias inside its own anchor", mark);
    node_count_ += found->second.second;
    check_size(mark);
    Node copy = found->second.first;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    add(std::move(copy), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (value.find(kEndMark.substr(0, 3)) != std::string::npos)
      fail("yaml.syntax", "a quote is not closed", mark);
    // An escape ("\\uD800") can make bytes that the file itself does not have.
    if (!is_valid_utf8(value)) fail("yaml.invalid_utf8", "a text is not valid UTF-8", mark);
    Node node = make(mark, Node::Kind::kText);
    node.text = value;
    node.is_quoted = tag == "!";
    if (tag == "?") node.kind = scalar_kind(value);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kSequence), anchor, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kMap), anchor, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t nodes_before = 0;
    std::optional<Node::Entry> key;  ///< of a map: the key whose value comes next
  };

  [[noreturn]] void fail(const std::string& code, const std::string& message, const YAML::Mark& mark) const {
    throw Error(ErrorKind::kUser, code, message).at({file_, mark.line + 1, mark.column + 1});
  }

  void check_size(const YAML::Mark& mark) const {
    if (node_count_ > kMostNodes)
      fail("yaml.too_large", "aliases unfold to more than 1,000,000 values", mark);
  }

  Node make(const YAML::Mark& mark, Node::Kind kind) {
    ++node_count_;
    check_size(mark);
    Node node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void open(Node node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (levels_.size() == kDeepest)
      fail("yaml.too_deep", cat("more than ", kDeepest, " levels of nesting"), mark);
    levels_.push_back({std::move(node), anchor, node_count_, std::nullopt});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (level.anchor != YAML::NullAnchor) {
      anchors_[level.anchor] = {level.node, node_count_ - level.nodes_before + 1};
    }
    add(std::move(level.node), YAML::NullAnchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 1};
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& parent = levels_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = as_key(parent.node, node);
    } else {
      parent.key->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }

  Node::Entry as_key(const Node& map, const Node& node) const {
    const Location place{file_, node.line, node.column};
    if (!node.is_scalar())
      throw Error(ErrorKind::kUser, "yaml.syntax", "a key must be a single word").at(place);
    if (const Node::Entry* first = map.find_entry(node.text)) {
      throw Error(ErrorKind::kUser, "yaml.duplicate_key", cat("the key occurs twice: '", node.text, "'"),
                  cat("it stands first in line ", first->line))
          .at(place);
    }
    return {node.text, node.line, node.column, {}};
  }

  std::string file_;
  Node root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;
  std::size_t node_count_ = 0;
};

Location place_of(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;
  return {file, static_cast<int>(line) + 1, static_cast<int>(offset - line_begin) + 1};
}

}  // namespace

const Node::Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Json Node::to_json() const {
  switch (kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBoolean:
      return to_lower(text) == "true";
    case Kind::kInteger: {
      if (const auto value = parse_integer(text)) return *value;
      return text;
    }
    case Kind::kNumber: {
      double value = 0;
      const std::string_view digits = text.starts_with('+') ? std::string_view(text).substr(1) : text;
      const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (problem != std::errc() || end != digits.data() + digits.size()) return text;
      return value;
    }
    case Kind::kText:
      return text;
    case Kind::kSequence: {
      Json list = Json::array();
      for (const Node& item : items) list.push_back(item.to_json());
      return list;
    }
    case Kind::kMap: {
      Json map = Json::object();
      for (const Entry& entry : entries) map[entry.key] = entry.value.to_json();
      return map;
    }
  }
  return nullptr;
}

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kBoolean:
      return "true or false";
    case Node::Kind::kInteger:
      return "an integer";
    case Node::Kind::kNumber:
      return "a number";
    case Node::Kind::kText:
      return "text";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "a value";
}

Node::Kind scalar_kind(std::string_view plain) {
  if (plain.empty() || plain == "~" || plain == "null" || plain == "Null" || plain == "NULL")
    return Node::Kind::kNull;
  for (const std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (plain == word) return Node::Kind::kBoolean;
  }
  if (is_integer(plain)) return Node::Kind::kInteger;
  return is_number(plain) ? Node::Kind::kNumber : Node::Kind::kText;
}

Node parse(std::string_view text, const std::string& file) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    throw Error(ErrorKind::kUser, "yaml.invalid_utf8", "the file is not valid UTF-8")
        .at(place_of(text, invalid, file));
  }
  // Without a line break at the end the library finds the open quote itself.
  std::istringstream stream{cat(text, text.ends_with('\n') ? kEndMark : "")};
  TreeBuilder builder(file);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (parser) {
      TreeBuilder rest(file);
      if (parser.HandleNextDocument(rest)) {
        throw Error(ErrorKind::kUser, "yaml.syntax", "the file holds more than one document")
            .at({file, 1, 1});
      }
    }
  } catch (const YAML::Exception& problem) {
    const Location place{file, std::max(problem.mark.line, 0) + 1, std::max(problem.mark.column, 0) + 1};
    throw Error(ErrorKind::kUser, "yaml.syntax", cat("this is not valid YAML: ", problem.msg)).at(place);
  }
  return builder.take();
}

namespace {

/// What readers of the older YAML 1.1 take for true and false.
constexpr std::array<std::string_view, 6> kYaml11Booleans{"y", "yes", "on", "n", "no", "off"};

/// Whether a text can stand without quotes and be read back as the same text, by readers of YAML 1.1 too.
bool can_be_plain(const std::string& text) {
  if (text.empty() || text.size() > 200 || scalar_kind(text) != Node::Kind::kText) return false;
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  if (text.find_first_not_of(kSafe) != std::string::npos) return false;
  const bool begins_with_letter = (text.front() | 0x20) >= 'a' && (text.front() | 0x20) <= 'z';
  return begins_with_letter &&
         std::find(kYaml11Booleans.begin(), kYaml11Booleans.end(), to_lower(text)) == kYaml11Booleans.end();
}

void print_scalar(std::string& out, const Json& value) {
  if (value.is_string() && can_be_plain(value.get_ref<const std::string&>())) {
    out += value.get_ref<const std::string&>();
  } else {
    out += value.dump();
  }
}

bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

void print_block(std::string& out, const Json& value, std::size_t indent, bool begins_on_line);

void print_value(std::string& out, const Json& value, std::size_t indent) {
  if (is_block(value)) {
    out += '\n';
    print_block(out, value, indent, false);
  } else {
    out += ' ';
    print_scalar(out, value);
    out += '\n';
  }
}

void print_block(std::string& out, const Json& value, std::size_t indent, bool begins_on_line) {
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      if (!begins_on_line) out.append(indent, ' ');
      begins_on_line = false;
      print_scalar(out, Json(key));
      out += ':';
      print_value(out, item, indent + 2);
    }
    return;
  }
  for (const Json& item : value) {
    if (!begins_on_line) out.append(indent, ' ');
    begins_on_line = false;
    out += '-';
    if (is_block(item)) {
      out += ' ';
      print_block(out, item, indent + 2, true);
    } else {
      print_value(out, item, indent);
    }
  }
}

}  // namespace

std::string print(const Json& value) {
  std::string out;
  if (is_block(value)) {
    print_block(out, value, 0, false);
  } else {
    print_scalar(out, value);
    out += '\n';
  }
  return out;
}

}  // namespace osiris::yaml
