#include "component/read_only_sql.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace osiris {

namespace {

enum class TokenKind { kWord, kQuoted, kNumber, kSymbol, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string word;  ///< a word in lower case
  char symbol = 0;
  std::size_t offset = 0;

  bool is(std::string_view text) const { return kind == TokenKind::kWord && word == text; }
  bool is(char character) const { return kind == TokenKind::kSymbol && symbol == character; }
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

/// Splits a text into tokens and drops blanks and comments.
class Lexer {
 public:
  Lexer(std::string_view sql, const SqlDialect& dialect) : sql_(sql), dialect_(&dialect) {}

  /// Ends with a token of kind kEnd, or early where a finding makes the rest meaningless.
  std::vector<Token> tokens() {
    std::vector<Token> list;
    do {
      list.push_back(next());
    } while (list.back().kind != TokenKind::kEnd && !finding_);
    return list;
  }
  const std::optional<SqlFinding>& finding() const { return finding_; }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  bool looks_at(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  bool is_at_end() const { return at_ >= sql_.size(); }

  void refuse(std::string message, std::size_t offset) {
    if (!finding_) finding_ = SqlFinding{std::move(message), offset};
    at_ = sql_.size();
  }

  Token next();
  void skip_blanks_and_comments();
  bool starts_line_comment() const;
  void skip_line();
  void skip_block_comment();
  void skip_quoted(char quote, bool has_escapes);
  bool skip_dollar_quoted();
  void skip_number();

  std::string_view sql_;
  const SqlDialect* dialect_;
  std::size_t at_ = 0;
  std::optional<SqlFinding> finding_;
};

bool Lexer::starts_line_comment() const {
  if (dialect_->hash_comments && peek() == '#') return true;
  if (!looks_at("--")) return false;
  // Dialects with # comments read 5--1 as a subtraction: their dashes want a blank after them.
  return !dialect_->hash_comments || at_ + 2 >= sql_.size() || static_cast<unsigned char>(peek(2)) <= ' ';
}

void Lexer::skip_line() { at_ = std::min(sql_.find('\n', at_), sql_.size()); }

void Lexer::skip_block_comment() {
  const std::size_t begin = at_;
  if (dialect_->executable_comments && (looks_at("/*!") || looks_at("/*M!"))) {
    return refuse("an executable comment holds code", begin);
  }
  at_ += 2;
  for (int depth = 1; depth > 0;) {
    if (is_at_end()) return refuse("a comment is not closed", begin);
    if (looks_at("*/")) {
      --depth;
      at_ += 2;
    } else if (dialect_->nested_comments && looks_at("/*")) {
      ++depth;
      at_ += 2;
    } else {
      ++at_;
    }
  }
}

void Lexer::skip_blanks_and_comments() {
  while (!is_at_end()) {
    if (is_space(peek())) {
      ++at_;
    } else if (starts_line_comment()) {
      skip_line();
    } else if (looks_at("/*")) {
      skip_block_comment();
    } else {
      return;
    }
  }
}

void Lexer::skip_quoted(char quote, bool has_escapes) {
  const std::size_t begin = at_++;
  for (;; ++at_) {
    if (is_at_end()) return refuse(cat("a quote is not closed: '", quote, "'"), begin);
    if (has_escapes && peek() == '\\') {
      ++at_;
    } else if (peek() == quote) {
      ++at_;
      if (peek() != quote) return;
    }
  }
}

/// Skips $tag$ … $tag$; false where the dollar sign starts no such thing.
bool Lexer::skip_dollar_quoted() {
  std::size_t end = at_ + 1;
  if (end < sql_.size() && is_digit(sql_[end])) return false;
  while (end < sql_.size() && continues_word(sql_[end]) && sql_[end] != '$') ++end;
  if (end >= sql_.size() || sql_[end] != '$') return false;
  const std::string_view tag = sql_.substr(at_, end + 1 - at_);
  const std::size_t close = sql_.find(tag, end + 1);
  if (close == std::string_view::npos) {
    refuse("a dollar quote is not closed", at_);
  } else {
    at_ = close + tag.size();
  }
  return true;
}

/// Ends where a word may begin, so that the INTO of `1.5INTO` is seen.
void Lexer::skip_number() {
  while (is_digit(peek())) ++at_;
  if (peek() == '.') ++at_;
  while (is_digit(peek())) ++at_;
  if (peek() != 'e' && peek() != 'E') return;
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
  if (!is_digit(peek(sign))) return;
  at_ += sign;
  while (is_digit(peek())) ++at_;
}

Token Lexer::next() {
  skip_blanks_and_comments();
  Token token;
  token.offset = at_;
  if (is_at_end()) return token;
  const char c = peek();
  token.kind = TokenKind::kQuoted;
  if (c == '\'') {
    skip_quoted(c, dialect_->backslash_escapes);
  } else if (c == '"') {
    skip_quoted(c, dialect_->backslash_escapes && dialect_->double_quoted_strings);
  } else if (c == '`') {
    skip_quoted(c, false);
  } else if ((c == 'e' || c == 'E') && peek(1) == '\'') {
    ++at_;
    skip_quoted('\'', true);
  } else if (dialect_->dollar_quotes && c == '$' && skip_dollar_quoted()) {
    return token;
  } else if (starts_word(c)) {
    while (continues_word(peek())) ++at_;
    token.kind = TokenKind::kWord;
    token.word = to_lower(sql_.substr(token.offset, at_ - token.offset));
  } else if (is_digit(c)) {
    skip_number();
    token.kind = TokenKind::kNumber;
  } else {
    ++at_;
    token.kind = TokenKind::kSymbol;
    token.symbol = c;
  }
  return token;
}

template <std::size_t n>
bool is_one_of(const Token& token, const std::array<std::string_view, n>& words) {
  return token.kind == TokenKind::kWord && std::ranges::find(words, token.word) != words.end();
}

constexpr std::array<std::string_view, 6> kReadingWords = {"select", "with", "values",
                                                           "table",  "show", "describe"};
constexpr std::array<std::string_view, 5> kChangingWords = {"insert", "update", "delete", "replace", "merge"};

/// What may stand next inside one pair of parentheses, or at the statement's own level.
enum class Place {
  kStart,     ///< the first word of a statement, a subquery or an expression
  kPrologue,  ///< between WITH and the statement that it leads to
  kInside,    ///< anywhere else
};

/// Walks the tokens once and looks for what would change something.
class Judge {
 public:
  Judge(std::string_view sql, std::vector<Token> tokens) : sql_(sql), tokens_(std::move(tokens)) {}

  std::optional<SqlFinding> finding() {
    if (auto found = first_word_finding()) return found;
    for (at_ = 0; token().kind != TokenKind::kEnd; ++at_) {
      if (auto found = token_finding()) return found;
    }
    return std::nullopt;
  }

 private:
  const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool follows(char symbol) const { return at_ > 0 && tokens_[at_ - 1].is(symbol); }

  SqlFinding refused(std::string_view before, std::string_view after = {}) const {
    const std::string_view word = sql_.substr(token().offset, token().word.size());
    return {cat(before, "'", word, "'", after), token().offset};
  }

  std::optional<SqlFinding> first_word_finding() {
    at_ = 0;
    while (token().is('(')) ++at_;
    if (token().kind == TokenKind::kEnd || token().is(';')) {
      return SqlFinding{"the text holds no statement", token().offset};
    }
    if (is_one_of(token(), kReadingWords)) return std::nullopt;
    if (token().kind == TokenKind::kWord) return refused("the statement starts with ");
    return SqlFinding{"the statement starts with no word", token().offset};
  }

  std::optional<SqlFinding> token_finding() {
    if (token().is(';')) return semicolon_finding();
    if (token().is('(')) {
      places_.push_back(Place::kStart);
    } else if (token().is(')')) {
      if (places_.size() > 1) places_.pop_back();
    } else if (token().kind == TokenKind::kWord && !follows('.') && !follows('@')) {
      return word_finding();
    } else if (places_.back() == Place::kStart) {
      places_.back() = Place::kInside;
    }
    return std::nullopt;
  }

  std::optional<SqlFinding> semicolon_finding() const {
    if (token(1).kind == TokenKind::kEnd) return std::nullopt;
    return SqlFinding{"a second statement follows the semicolon", token(1).offset};
  }

  std::optional<SqlFinding> word_finding() {
    if (token().is("into")) return refused("", " writes the result somewhere else");
    if (is_locking_clause()) return refused("the locking clause ", " would hold rows");
    return place_finding();
  }

  bool is_locking_clause() const {
    if (token().is("lock")) return token(1).is("in") && token(2).is("share");
    if (!token().is("for")) return false;
    return token(1).is("update") || token(1).is("share") || (token(1).is("no") && token(2).is("key")) ||
           (token(1).is("key") && token(2).is("share"));
  }

  /// Insert and replace are functions too, and merge may be a column: a statement goes on with a name.
  bool changes_data() const {
    const TokenKind next = token(1).kind;
    return is_one_of(token(), kChangingWords) && (next == TokenKind::kWord || next == TokenKind::kQuoted);
  }

  std::optional<SqlFinding> place_finding() {
    Place& place = places_.back();
    const bool leads = place == Place::kStart || (place == Place::kPrologue && follows(')'));
    if (leads && changes_data()) return refused("", " changes data");
    if (place == Place::kStart) {
      // What DESCRIBE leads to may be a statement of its own.
      if (!token().is("describe")) place = token().is("with") ? Place::kPrologue : Place::kInside;
    } else if (leads && is_one_of(token(), kReadingWords)) {
      place = Place::kInside;
    }
    return std::nullopt;
  }

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::vector<Place> places_{Place::kStart};
};

}  // namespace

std::optional<SqlFinding> find_not_read_only(std::string_view sql, const SqlDialect& dialect) {
  Lexer lexer(sql, dialect);
  std::vector<Token> tokens = lexer.tokens();
  if (lexer.finding()) return lexer.finding();
  return Judge(sql, std::move(tokens)).finding();
}

std::string_view bare_statement(std::string_view sql, const SqlDialect& dialect) {
  const std::vector<Token> tokens = Lexer(sql, dialect).tokens();
  const std::size_t begin = tokens.front().offset;
  const bool has_semicolon = tokens.size() > 1 && tokens[tokens.size() - 2].is(';');
  const std::size_t end = has_semicolon ? tokens[tokens.size() - 2].offset : sql.size();
  return sql.substr(begin, end - begin);
}

}  // namespace osiris
