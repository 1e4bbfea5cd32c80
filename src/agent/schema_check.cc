#include "agent/schema_check.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr std::array<std::string_view, 4> kAnnotations{"description", "title", "default", "examples"};
constexpr std::size_t kMostShown = 60;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  invariant(type == "number", cat("a type that a schema may name, not '", type, "'"));
  return value.is_number();
}

std::string with_article(const std::string& type) {
  const bool has_vowel = type.starts_with('i') || type.starts_with('o') || type.starts_with('a');
  return cat(has_vowel ? "an " : "a ", type);
}

std::string shown(const Json& value) {
  return shortened(value.dump(-1, ' ', false, Json::error_handler_t::replace), kMostShown);
}

class Checker {
 public:
  std::optional<std::string> check(const Json& value, const Json& schema, const std::string& name) {
    for (const auto& [word, wanted] : schema.items()) {
      if (auto misfit = check_word(value, word, wanted, schema, name)) return misfit;
    }
    return std::nullopt;
  }

 private:
  static std::string quoted(const std::string& name) {
    return name.empty() ? "the value" : cat("'", name, "'");
  }
  static std::string member(const std::string& name, const std::string& key) {
    return name.empty() ? key : cat(name, ".", key);
  }

  std::optional<std::string> check_word(const Json& value, const std::string& word, const Json& wanted,
                                        const Json& schema, const std::string& name) {
    if (word == "type") return check_type(value, wanted, name);
    if (word == "properties") return check_properties(value, wanted, name);
    if (word == "required") return check_required(value, wanted, name);
    if (word == "additionalProperties") return check_others(value, wanted, schema, name);
    if (word == "items") return check_items(value, wanted, name);
    if (word == "enum") return check_choice(value, wanted, name);
    const bool is_annotation = std::ranges::find(kAnnotations, word) != kAnnotations.end();
    return is_annotation ? std::nullopt : check_bound(value, word, wanted, name);
  }

  static std::optional<std::string> check_type(const Json& value, const Json& wanted,
                                               const std::string& name) {
    std::vector<std::string> types;
    if (wanted.is_string()) types.push_back(wanted);
    if (wanted.is_array()) types = wanted.get<std::vector<std::string>>();
    for (std::string& type : types) {
      if (has_type(value, type)) return std::nullopt;
      type = with_article(type);
    }
    return cat(quoted(name), " must be ", join(types, " or "), ", not ", shown(value));
  }

  std::optional<std::string> check_properties(const Json& value, const Json& wanted,
                                              const std::string& name) {
    if (!value.is_object()) return std::nullopt;
    for (const auto& [key, schema] : wanted.items()) {
      if (!value.contains(key)) continue;
      if (auto misfit = check(value[key], schema, member(name, key))) return misfit;
    }
    return std::nullopt;
  }

  static std::optional<std::string> check_required(const Json& value, const Json& wanted,
                                                   const std::string& name) {
    for (const Json& key : wanted) {
      const auto text = key.get<std::string>();
      if (value.is_object() && !value.contains(text)) return cat("'", member(name, text), "' is missing");
    }
    return std::nullopt;
  }

  std::optional<std::string> check_others(const Json& value, const Json& wanted, const Json& schema,
                                          const std::string& name) {
    if (!value.is_object()) return std::nullopt;
    std::vector<std::string> known;
    if (schema.contains("properties")) {
      for (const auto& [key, property] : schema["properties"].items()) known.push_back(key);
    }
    for (const auto& [key, member_value] : value.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      if (wanted.is_object()) {
        if (auto misfit = check(member_value, wanted, member(name, key))) return misfit;
      } else if (!wanted.get<bool>()) {
        const std::string hint = suggestion(key, known);
        return cat("'", member(name, shortened(key, kMostShown)), "' is not known",
                   hint.empty() ? "" : cat("; ", hint));
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> check_items(const Json& value, const Json& wanted, const std::string& name) {
    if (!value.is_array()) return std::nullopt;
    for (std::size_t at = 0; at < value.size(); ++at) {
      if (auto misfit = check(value[at], wanted, cat(name, "[", at, "]"))) return misfit;
    }
    return std::nullopt;
  }

  static std::optional<std::string> check_choice(const Json& value, const Json& wanted,
                                                 const std::string& name) {
    std::vector<std::string> known;
    for (const Json& allowed : wanted) {
      if (allowed == value) return std::nullopt;
      known.push_back(allowed.is_string() ? allowed.get<std::string>() : allowed.dump());
    }
    return cat(quoted(name), " must be one of ", join(known, ", "), ", not ", shown(value));
  }

  static std::optional<std::string> check_bound(const Json& value, const std::string& word,
                                                const Json& wanted, const std::string& name) {
    const bool is_length = word.ends_with("Length");
    const bool is_count = word == "maxItems";
    invariant(is_length || is_count || word == "minimum" || word == "maximum",
              cat("a schema of a tool has known words, not '", word, "'"));
    if (is_length ? !value.is_string() : is_count ? !value.is_array() : !value.is_number())
      return std::nullopt;
    double measure = 0;
    if (is_length) measure = static_cast<double>(count_characters(value.get<std::string>()));
    if (is_count) measure = static_cast<double>(value.size());
    if (!is_length && !is_count) measure = value.get<double>();
    const double bound = wanted.get<double>();
    const bool is_least = word.starts_with("min");
    if (is_least ? measure >= bound : measure <= bound) return std::nullopt;
    return cat(quoted(name), " must ", is_length || is_count ? "have " : "be ",
               is_least ? "at least " : "at most ", wanted.dump(),
               is_length  ? " characters"
               : is_count ? " entries"
                          : "",
               ", not ", measure);
  }
};

}  // namespace

std::optional<std::string> find_misfit(const Json& value, const Json& schema) {
  return Checker().check(value, schema, "");
}

}  // namespace osiris
