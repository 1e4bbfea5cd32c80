#include "format/yaml.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris::yaml {
namespace {

std::string problem_of(const std::string& text) {
  return error_of([&] { parse(text, "a.yaml"); });
}

std::string place(const Node& node) { return cat(node.line, ":", node.column); }

TEST(Yaml, Knows_where_each_key_and_value_stands) {
  const Node root = parse(
      "name: shop\n"
      "steps:\n"
      "  - id: a\n"
      "    config: {x: 1, \"y\": [2,  3]}\n"
      "  # a comment\n"
      "  - text: |\n"
      "      SELECT\n",
      "a.yaml");
  EXPECT_EQ(place(*root.find("name")), "1:7");
  const Node& steps = *root.find("steps");
  EXPECT_EQ(place(steps), "3:3");
  EXPECT_EQ(place(steps.items[0]), "3:5");
  const Node::Entry& config = *steps.items[0].find_entry("config");
  EXPECT_EQ(cat(config.line, ":", config.column), "4:5");
  EXPECT_EQ(place(config.value), "4:13");
  EXPECT_EQ(place(*config.value.find("x")), "4:17");
  const Node::Entry& quoted = *config.value.find_entry("y");
  EXPECT_EQ(cat(quoted.line, ":", quoted.column), "4:20");
  EXPECT_EQ(place(quoted.value.items[1]), "4:30");
  EXPECT_EQ(place(*steps.items[1].find("text")), "6:11");
  EXPECT_EQ(root.find("missing"), nullptr);
}

TEST(Yaml, Gives_plain_scalars_the_types_of_the_core_schema) {
  using Kind = Node::Kind;
  const std::vector<std::pair<std::string, Kind>> kinds{
      {"", Kind::kNull},           {"~", Kind::kNull},         {"null", Kind::kNull},
      {"NULL", Kind::kNull},       {"true", Kind::kBoolean},   {"False", Kind::kBoolean},
      {"yes", Kind::kText},        {"on", Kind::kText},        {"0", Kind::kInteger},
      {"-17", Kind::kInteger},     {"+5", Kind::kInteger},     {"00123", Kind::kInteger},
      {"1.5", Kind::kNumber},      {".5", Kind::kNumber},      {"5.", Kind::kNumber},
      {"1e3", Kind::kNumber},      {"-1.5E-3", Kind::kNumber}, {".inf", Kind::kNumber},
      {".", Kind::kText},          {"1.2.3", Kind::kText},     {"1e", Kind::kText},
      {"-", Kind::kText},          {"12:30:00", Kind::kText},  {"0x1F", Kind::kText},
      {"2024-01-01", Kind::kText}, {"nan", Kind::kText},       {"1_000", Kind::kText}};
  for (const auto& [text, kind] : kinds) EXPECT_EQ(scalar_kind(text), kind) << "'" << text << "'";
}

TEST(Yaml, Takes_quoted_scalars_as_text) {
  const Node root = parse("a: \"1\"\nb: 'true'\nc: \"tab\\t\\u00e9\"\nd: ''\n", "a.yaml");
  for (const char* key : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(root.find(key)->is_text());
    EXPECT_TRUE(root.find(key)->is_quoted);
  }
  EXPECT_EQ(root.to_json().dump(), R"({"a":"1","b":"true","c":"tab\té","d":""})");
}

TEST(Yaml, Keeps_integers_that_64_bits_cannot_hold_as_text) {
  EXPECT_EQ(parse("[9223372036854775807, 9223372036854775808, -9223372036854775809]", "a").to_json().dump(),
            R"([9223372036854775807,"9223372036854775808","-9223372036854775809"])");
  EXPECT_EQ(parse("[+5, +1.5, 1e999]", "a").to_json().dump(), R"([5,1.5,"1e999"])");
}

TEST(Yaml, Refuses_a_key_that_occurs_twice_and_says_where) {
  const std::string text = "a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n";
  EXPECT_EQ(problem_of(text), "a.yaml:5:3: yaml.duplicate_key: the key occurs twice: 'x'");
  EXPECT_EQ(hint_of([&] { parse(text, "a.yaml"); }), "it stands first in line 3");
  EXPECT_EQ(problem_of("{a: 1, 'a': 2}"), "a.yaml:1:8: yaml.duplicate_key: the key occurs twice: 'a'");
}

TEST(Yaml, Says_where_the_syntax_is_broken) {
  for (const std::string broken : {"a: [1, 2\n", "a: b: c\n", "a: 1\n b: 2\n", "a: @b\n", "\tx: 1\n"}) {
    EXPECT_THAT(problem_of(broken), testing::StartsWith("a.yaml:")) << broken;
    EXPECT_THAT(problem_of(broken), testing::HasSubstr(": yaml.syntax: this is not valid YAML: ")) << broken;
  }
  EXPECT_THAT(problem_of("a: 1\nb: c: d\n"), testing::StartsWith("a.yaml:2:5: yaml.syntax: "));
}

TEST(Yaml, Says_which_quote_the_end_of_the_file_leaves_open) {
  for (const std::string text :
       {"a: 1\nb: 'x\n", "a: 1\nb: \"x\nc: 2\n\n", "a: 1\nb: 'it''s\n  # not a comment\n"}) {
    EXPECT_EQ(problem_of(text), "a.yaml:2:4: yaml.syntax: a quote is not closed") << text;
  }
  EXPECT_THAT(problem_of("a: 'x"), testing::StartsWith("a.yaml:1:6: yaml.syntax: "));
}

TEST(Yaml, Keeps_the_last_line_break_of_a_block_of_text) {
  EXPECT_EQ(parse("a: |\n  x\n", "a").find("a")->text, "x\n");
  EXPECT_EQ(parse("a: |-\n  x\n", "a").find("a")->text, "x");
  EXPECT_EQ(parse("a: |+\n  x\n\n", "a").find("a")->text, "x\n\n");
  EXPECT_EQ(parse("a: >\n  x\n  y\n", "a").find("a")->text, "x y\n");
}

TEST(Yaml, Refuses_more_than_one_document_and_keys_that_are_no_words) {
  EXPECT_THAT(problem_of("a: 1\n---\nb: 2\n"),
              testing::HasSubstr("yaml.syntax: the file holds more than one"));
  EXPECT_THAT(problem_of("? [a, b]\n: 1\n"), testing::HasSubstr("yaml.syntax: a key must be a single word"));
  EXPECT_EQ(problem_of("---\na: 1\n...\n"), "no error");
}

TEST(Yaml, Reads_nothing_as_null) {
  EXPECT_EQ(parse("", "a.yaml").kind, Node::Kind::kNull);
  EXPECT_EQ(parse("# only a comment\n", "a.yaml").kind, Node::Kind::kNull);
}

TEST(Yaml, Refuses_bytes_that_are_no_utf8_at_their_place) {
  EXPECT_EQ(problem_of("a: 1\nb: x\xFFy\n"), "a.yaml:2:5: yaml.invalid_utf8: the file is not valid UTF-8");
}

TEST(Yaml, Refuses_what_is_nested_too_deeply) {
  EXPECT_EQ(problem_of(std::string(100, '[') + std::string(100, ']')), "no error");
  EXPECT_EQ(problem_of(std::string(101, '[') + std::string(101, ']')),
            "a.yaml:1:101: yaml.too_deep: more than 100 levels of nesting");
  EXPECT_THAT(problem_of(std::string(100'000, '[')), testing::HasSubstr("yaml.too_deep"));
}

TEST(Yaml, Unfolds_aliases_but_no_bomb_of_them) {
  const Node root = parse("base: &b {x: 1}\nuse: [*b, *b]\n", "a.yaml");
  EXPECT_EQ(root.to_json().dump(), R"({"base":{"x":1},"use":[{"x":1},{"x":1}]})");
  EXPECT_EQ(place(root.find("use")->items[1]), "2:11") << "an alias stands where it is used";

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    bomb += cat("a", level, ": &a", level, " [");
    for (int use = 0; use < 10; ++use) bomb += cat(use == 0 ? "" : ", ", "*a", level - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(problem_of(bomb), testing::HasSubstr("yaml.too_large: aliases unfold to more than 1,000,000"));
  EXPECT_THAT(problem_of("a: &a [*a]\n"), testing::HasSubstr("yaml.syntax: "));
}

TEST(Yaml, Prints_block_style_with_quotes_only_where_they_matter) {
  const Json value = Json::parse(R"({
    "name": "shop-1", "version": "0.1.0", "number": 5, "text": "5", "flag": true, "word": "true", "none": null,
    "rate": 0.5, "empty": "", "blank": " x", "colon": "a: b", "line": "a\nb", "list": [1, [2, 3], {"k": "v", "w": []}],
    "nothing": {}, "path": "out/a.csv", "emoji": "😀"})");
  EXPECT_EQ(print(value),
            "name: shop-1\n"
            "version: \"0.1.0\"\n"
            "number: 5\n"
            "text: \"5\"\n"
            "flag: true\n"
            "word: \"true\"\n"
            "none: null\n"
            "rate: 0.5\n"
            "empty: \"\"\n"
            "blank: \" x\"\n"
            "colon: \"a: b\"\n"
            "line: \"a\\nb\"\n"
            "list:\n"
            "  - 1\n"
            "  - - 2\n"
            "    - 3\n"
            "  - k: v\n"
            "    w: []\n"
            "nothing: {}\n"
            "path: out/a.csv\n"
            "emoji: \"😀\"\n");
}

/// Random values whose texts are mostly such as YAML could read as something else.
class Values {
 public:
  explicit Values(unsigned seed) : random_(seed) {}

  Json value(int depth) {
    switch (number(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return number(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_() << number(64));
      case 3:
        return std::ldexp(static_cast<double>(random_()), static_cast<int>(number(200)) - 100);
      case 4:
      case 5:
        return text();
      case 6: {
        Json list = Json::array();
        for (std::size_t count = number(4); count > 0; --count) list.push_back(value(depth - 1));
        return list;
      }
      default: {
        Json map = Json::object();
        for (std::size_t count = number(4); count > 0; --count) map[text()] = value(depth - 1);
        return map;
      }
    }
  }

 private:
  std::size_t number(std::size_t bound) { return random_() % bound; }

  std::string text() {
    static const std::vector<std::string> kParts{"yes",
                                                 "null",
                                                 "~",
                                                 "true",
                                                 "1",
                                                 "-1",
                                                 "1.5",
                                                 ".inf",
                                                 "0x1",
                                                 "- ",
                                                 ": ",
                                                 "#",
                                                 " #",
                                                 "*a",
                                                 "&a",
                                                 "!t",
                                                 "|",
                                                 ">",
                                                 "'",
                                                 "\"",
                                                 "\\",
                                                 "\n",
                                                 "\r",
                                                 "\t",
                                                 " ",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 "@",
                                                 "`",
                                                 "%",
                                                 "?",
                                                 "---",
                                                 "...",
                                                 "a",
                                                 "é",
                                                 "\u2028",
                                                 "😀",
                                                 "\xEF\xBB\xBF",
                                                 "\xC2\x85",
                                                 "\x7F",
                                                 "\x01",
                                                 "=",
                                                 "<<",
                                                 "$",
                                                 "${x}",
                                                 "",
                                                 "word",
                                                 "_",
                                                 "/",
                                                 "some longer text in words"};
    std::string out;
    for (std::size_t count = number(4); count > 0; --count) out += kParts[number(kParts.size())];
    return out;
  }

  std::mt19937_64 random_;
};

TEST(Yaml, Reads_back_whatever_it_prints) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const Json value = Values(seed).value(4);
    const std::string text = print(value);
    ASSERT_EQ(parse(text, "a.yaml").to_json(), value) << "seed " << seed << ":\n" << text;
    ASSERT_EQ(print(parse(text, "a.yaml").to_json()), text) << "equal values have equal bytes";
  }
}

}  // namespace
}  // namespace osiris::yaml
