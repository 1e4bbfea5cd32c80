#include "compile/secret_scan.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kUpperAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kWord = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kWordDash = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token as its service makes it: a beginning, then at least so many of some characters.
struct TokenShape {
  std::string_view beginning, characters;
  std::size_t least;
  std::string_view what;
};

/// Source: the services' pages on the form of their tokens, and on scanning for them.
constexpr std::array<TokenShape, 22> kTokens{{
    {"AKIA", kUpperAndDigits, 16, "an access key"},
    {"ASIA", kUpperAndDigits, 16, "an access key"},
    {"ghp_", kWord, 36, "an access token"},
    {"gho_", kWord, 36, "an access token"},
    {"ghu_", kWord, 36, "an access token"},
    {"ghs_", kWord, 36, "an access token"},
    {"ghr_", kWord, 36, "an access token"},
    {"github_pat_", kWordDash, 40, "an access token"},
    {"glpat-", kWordDash, 20, "an access token"},
    {"xoxb-", kWordDash, 20, "an access token"},
    {"xoxp-", kWordDash, 20, "an access token"},
    {"xoxa-", kWordDash, 20, "an access token"},
    {"sk_live_", kWord, 16, "a secret key"},
    {"rk_live_", kWord, 16, "a secret key"},
    {"sk-ant-", kWordDash, 32, "an API key"},
    {"sk-proj-", kWordDash, 32, "an API key"},
    {"AIza", kWordDash, 35, "an API key"},
    {"npm_", kWord, 36, "an access token"},
    {"sbp_", kHex, 40, "an access token"},
    {"sb_secret_", kWordDash, 20, "a secret key"},
    {"e2b_", kHex, 40, "an API key"},
    {"hf_", kWord, 34, "an access token"},
}};

std::size_t count_of(std::string_view text, std::string_view characters) {
  return std::min(text.find_first_not_of(characters), text.size());
}

/// Whether a token could begin at a place, and is not the middle of a longer word.
bool begins_word(std::string_view text, std::size_t at) {
  return at == 0 || kWord.find(text[at - 1]) == std::string_view::npos;
}

/// A word of letters only is a name, not a token.
bool is_token(std::string_view text, std::size_t at, const TokenShape& shape) {
  if (!text.substr(at).starts_with(shape.beginning) || !begins_word(text, at)) return false;
  const std::string_view rest = text.substr(at + shape.beginning.size());
  const std::string_view body = rest.substr(0, count_of(rest, shape.characters));
  return body.size() >= shape.least && body.find_first_of(kDigits) != std::string_view::npos;
}

/// Three parts in base64, of which the first two are JSON objects: their {" is eyJ. Source: RFC 7519.
bool is_web_token(std::string_view text, std::size_t at) {
  constexpr std::size_t kLeastPart = 10;
  if (!begins_word(text, at)) return false;
  std::string_view rest = text.substr(at);
  for (int part = 0; part < 3; ++part) {
    if (part < 2 && !rest.starts_with("eyJ")) return false;
    const std::size_t size = count_of(rest, kWordDash);
    if (size < kLeastPart) return false;
    rest.remove_prefix(size);
    if (part < 2 && !rest.starts_with('.')) return false;
    if (part < 2) rest.remove_prefix(1);
  }
  return true;
}

bool is_private_key(std::string_view text, std::size_t at) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (!text.substr(at).starts_with(kBegin)) return false;
  const std::string_view label = text.substr(at + kBegin.size(), 60);
  return label.substr(0, label.find("-----")).find("PRIVATE KEY") != std::string_view::npos;
}

/// What stands where a secret would: a variable, or a word in its place.
bool is_stand_in(std::string_view text) {
  if (text.empty() || text[0] == '$' || text[0] == '<' || text[0] == '{' || text[0] == '%') return true;
  if (text.find_first_not_of("*") == std::string_view::npos) return true;
  const std::string lower = to_lower(text);
  return lower == "password" || lower == "pass" || lower == "pwd" || lower == "secret" ||
         lower.find_first_not_of('x') == std::string::npos ||
         lower.find_first_not_of('.') == std::string::npos;
}

constexpr std::string_view kEndsOfAddress = " \t\r\n\"'`,;()[]|";

/// scheme://user:password@host; `at` is where "://" is.
bool is_address_with_password(std::string_view text, std::size_t at) {
  if (at == 0 || kWord.find(text[at - 1]) == std::string_view::npos) return false;
  std::string_view rest = text.substr(at + 3);
  rest = rest.substr(0, rest.find_first_of(kEndsOfAddress));
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t sign = rest.rfind('@');
  if (sign == std::string_view::npos) return false;
  const std::string_view user = rest.substr(0, sign);
  const std::size_t colon = user.find(':');
  return colon != std::string_view::npos && !is_stand_in(user.substr(colon + 1));
}

/// password=x in a line that also names a host, as libpq's and ODBC's connection strings do.
bool is_connection_string(std::string_view line, std::size_t at) {
  if (!begins_word(line, at)) return false;
  const std::string_view value = line.substr(line.find('=', at) + 1);
  if (is_stand_in(value.substr(0, value.find_first_of(" \t;\"'&")))) return false;
  const std::string lower = to_lower(line);
  constexpr std::array<std::string_view, 5> kHosts{
      "host=", "server=", "dbname=", "data source=", "hostaddr="};
  return std::any_of(kHosts.begin(), kHosts.end(),
                     [&](std::string_view key) { return lower.find(key) != std::string::npos; });
}

std::string_view secret_at(std::string_view line, std::size_t at) {
  switch (line[at]) {
    case '-':
      return is_private_key(line, at) ? "a private key" : "";
    case ':':
      return line.substr(at).starts_with("://") && is_address_with_password(line, at)
                 ? "an address with a password"
                 : "";
    case 'e':
      if (is_web_token(line, at)) return "a JSON web token";
      break;
    case 'p':
    case 'P': {
      const std::string word = to_lower(line.substr(at, 9));
      if ((word.starts_with("password=") || word.starts_with("pwd=")) && is_connection_string(line, at))
        return "a connection string with a password";
      break;
    }
    default:
      break;
  }
  const auto shape = std::find_if(kTokens.begin(), kTokens.end(),
                                  [&](const TokenShape& candidate) { return is_token(line, at, candidate); });
  return shape == kTokens.end() ? "" : shape->what;
}

void report(std::string_view what, const Location& location, Diagnostics& diagnostics) {
  diagnostics.add(
      {Finding::Severity::kError, "oml.inline_secret",
       cat("a secret has no place in a pipeline: this looks like ", what),
       "put it into osiris_connections.yaml as ${VARIABLE}, and change it where it is valid: it was written "
       "into a file",
       location, ""});
}

}  // namespace

std::vector<SecretFinding> find_secrets(std::string_view text) {
  std::vector<SecretFinding> found;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t line_end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, line_end - begin);
    // One a line is enough to say that the line must go.
    for (std::size_t at = 0; at < line.size(); ++at) {
      const std::string_view what = secret_at(line, at);
      if (what.empty()) continue;
      found.push_back({begin + at, what});
      break;
    }
    begin = line_end + 1;
  }
  return found;
}

bool refuse_secrets(std::string_view oml, const std::string& file, Diagnostics& diagnostics) {
  const std::vector<SecretFinding> found = find_secrets(oml);
  for (const SecretFinding& secret : found) {
    const std::string_view before = oml.substr(0, secret.offset);
    const std::size_t line_begin = before.rfind('\n') + 1;
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    report(secret.what, {file, line, static_cast<int>(secret.offset - line_begin) + 1}, diagnostics);
  }
  return !found.empty();
}

bool refuse_secrets_in_params(const Json& params, const std::string& file, Diagnostics& diagnostics) {
  bool has_secret = false;
  for (const auto& [name, value] : params.items()) {
    if (!value.is_string()) continue;
    for (const SecretFinding& secret : find_secrets(value.get<std::string>())) {
      report(cat(secret.what, ", in the parameter '", name, "'"), {file, 0, 0}, diagnostics);
      has_secret = true;
    }
  }
  return has_secret;
}

}  // namespace osiris
