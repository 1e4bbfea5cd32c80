#pragma once

#include <map>
#include <string>
#include <variant>

#include "agent/dialog.h"
#include "component/proposal.h"
#include "run/discover_tables.h"

namespace osiris {

/// What a guided conversation has seen of connections and files. A look is kept, a failed one too, so that
/// answers that are given again meet what the person met.
class GuidedSights {
 public:
  GuidedSights(Dialog& dialog, const Project& project, const Registry& registry)
      : dialog_(dialog), project_(project), registry_(registry) {}

  /// The tables of a connection, or why they cannot be seen. Ctrl-C ends the look.
  const std::variant<Discovery, Error>& tables(const std::string& reference);
  /// The columns of the rows that a query would give, or why it gives none. Ctrl-C ends the look.
  const std::variant<Schema, Error>& query(const std::string& reference, const std::string& text);
  /// The step that would read a file, or why there is none.
  const std::variant<Proposal, Error>& file(const std::string& path);
  /// The next look is a new one.
  void forget(const std::string& reference) { tables_.erase(reference); }

 private:
  Dialog& dialog_;
  const Project& project_;
  const Registry& registry_;
  std::map<std::string, std::variant<Discovery, Error>> tables_;
  // Failures are looked at anew.
  std::map<std::pair<std::string, std::string>, std::variant<Schema, Error>> queries_;
  std::map<std::string, std::variant<Proposal, Error>> files_;
};

/// The error with its hint, a line each.
std::string told(const Error& error);

}  // namespace osiris
