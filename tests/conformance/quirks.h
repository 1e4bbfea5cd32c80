// What components/<family>/quirks.yaml tells the conformance suite of a component.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "component/config.h"
#include "table/type.h"

namespace osiris::conformance {

/// What the suite cannot find out by itself, and what a component cannot do; each with its reason.
struct Quirks {
  std::string needs_server;  ///< the test that covers what only a server shows; empty: none
  std::string user_code;  ///< the test that covers what a function of the user's does; empty: there is none
  std::map<std::string, std::string> files;  ///< what the examples read: path below the project → content
  /// What the examples read and the writer of the same files makes: path below the project → its columns.
  std::map<std::string, Schema> made_files;
  /// Of a processor's examples by their names: step → its columns.
  std::map<std::string, std::map<std::string, Schema>> inputs;
  Json passes_on;  ///< the config with which a processor hands its input on unchanged
  std::map<std::string, std::string> unread;   ///< config key → why no run reads it
  bool prints_bytes_as_hex = false;            ///< a writer's format has no place for raw bytes
  bool is_told_columns = false;                ///< an extractor's files of no rows do not name them
  std::map<std::string, std::string> narrows;  ///< a type of which a writer's files lack some values → why
};

/// Of a component, "filesystem.csv_writer". Errors: kInternal where the file has a mistake.
Quirks quirks_of(const std::string& component);

}  // namespace osiris::conformance
