#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/diagnostics.h"
#include "format/yaml.h"

namespace osiris {

/// A text of the pipeline file and where it stands.
struct PlacedText {
  std::string text;
  Location location;
};

/// A named stream that a step asks for: `df: "${orders.df}"`.
struct OmlInput {
  std::string name;
  PlacedText step;
};

/// How often a step starts again when a connection fails before its first row.
struct RetryPolicy {
  std::int64_t max = 0;
  std::int64_t backoff_ms = 1000;  ///< before the first retry; doubled for each that follows
};

struct OmlStep {
  std::string id;
  Location location;
  PlacedText component, mode;  ///< mode may be empty: the component's own
  std::optional<std::vector<PlacedText>> needs;
  std::optional<std::vector<OmlInput>> inputs;
  yaml::Node config;  ///< a map, or nothing; parameters replaced
  RetryPolicy retry;
  std::int64_t timeout_ms = 0;  ///< 0: none
};

struct OmlParam {
  std::string name;
  Location location;
  std::string type;  ///< string, integer, number, boolean; empty: the default's
  std::optional<yaml::Node> default_value;
  std::vector<Json> allowed;
};

/// A pipeline as its file says it, before the components have looked at it.
struct Pipeline {
  std::string name;
  std::string oml_version;
  std::string description;
  Json metadata = Json::object();
  bool forbids_concurrency = false;
  std::vector<OmlParam> params;
  yaml::Node profiles;  ///< name → {params: {…}}
  std::vector<OmlStep> steps;
  std::string fingerprint;  ///< see oml_fingerprint()
};

/// Digest of a pipeline file's values, not of its spelling: comments and order of keys do not count.
std::string oml_fingerprint(const yaml::Node& root);

/// Values for the parameters, from the lowest precedence to the highest.
struct ParamSources {
  std::optional<std::string> profile;
  std::vector<std::pair<std::string, std::string>> environment;  ///< name in lower case → text
  std::vector<std::pair<std::string, std::string>> command_line;
};

/// Reads a pipeline file and replaces its parameters; what is wrong goes into `diagnostics`. `file` is the
/// name for messages; `stem` names a pipeline that has no name. `params` receives the values used.
Pipeline read_oml(std::string_view text, const std::string& file, const std::string& stem,
                  const ParamSources& sources, Json& params, Diagnostics& diagnostics);

}  // namespace osiris
