#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace osiris {

/// The variables that ${…} may name: the process's own, then those of .env. Every value is a Secret, for
/// nobody knows which of them is one.
class Environment {
 public:
  struct Variable {
    Secret value;
    std::string origin;  ///< "environment" or ".env:3"
  };

  /// Takes the process's variables as they are.
  static Environment of_process(char** variables);

  /// Adds what a .env file defines; an exported variable beats it. The file's rules are Docker Compose's:
  /// `export`, comments, '…' as it is, "…" with escapes and ${…}, values over several lines in quotes.
  /// Errors: kUser "env.syntax" with the place.
  void add_file(const std::string& name, std::string_view text);

  /// Adds one, in the place of another of its name.
  void set(const std::string& name, Variable variable) { variables_[name] = std::move(variable); }

  /// An empty variable counts as unset.
  const Variable* find(std::string_view name) const;
  /// The value of a variable that must be there. Errors: kUser "variable.missing".
  const Secret& value_of(std::string_view name) const;
  /// The plain text of a variable that is no secret by its meaning (NO_COLOR, OSIRIS_HOME).
  std::optional<std::string> plain(std::string_view name) const;
  /// Names that begin with the prefix.
  std::vector<std::string> names_with_prefix(std::string_view prefix) const;

 private:
  std::map<std::string, Variable, std::less<>> variables_;
};

/// A text with ${…} replaced, and where its parts came from.
struct Substitution {
  Secret value;
  std::string origin;  ///< "literal", "MYSQL_HOST (.env:3)", "MYSQL_PORT (default)"
};

/// Replaces ${VAR}, ${VAR:-default}, ${file:/path}; $${ stands for a literal ${.
/// Errors: kUser "connection.missing_variable" without a place, "connection.syntax", "file.not_found".
Substitution substitute(std::string_view text, const Environment& environment);

/// Names of the variables in a text, in order, without resolving them.
std::vector<std::string> variables_in(std::string_view text);

}  // namespace osiris
