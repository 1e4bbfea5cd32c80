#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "component/spec.h"

namespace osiris {

/// One step of a manifest: everything resolved except the connection's values.
struct ManifestStep {
  struct Input {
    std::string name, step_id;
  };

  std::string id;
  std::string component;           ///< canonical name
  std::string mode;                ///< read, transform, write
  std::string connection;          ///< "@family.alias", or empty
  std::vector<Input> inputs;       ///< streams that flow in
  std::vector<std::string> after;  ///< steps that must be complete before this one starts, without a stream
  Json config = Json::object();
  std::int64_t retry_max = 0, retry_backoff_ms = 1000;
  std::int64_t timeout_ms = 0;  ///< 0: none
  std::string location;         ///< "pipeline.oml:5:9"
};

/// What compile makes and run takes. See docs/manifest.md.
struct Manifest {
  std::string name, description, oml_version, compiler, profile;
  Json metadata = Json::object();
  bool forbids_concurrency = false;
  Json params = Json::object();
  std::string oml_fingerprint, params_fingerprint, specs_fingerprint;
  /// Component → "version sha256:…" of the specs used.
  Json components = Json::object();
  std::vector<ManifestStep> steps;  ///< in an order in which they can run; the file's where it is free

  const ManifestStep* find(std::string_view step_id) const;
};

/// The manifest's text: a function of its values and of nothing else. Its last fingerprint covers all
/// other bytes.
std::string print_manifest(const Manifest& manifest);
/// The "sha256:…" that print_manifest() puts in.
std::string manifest_fingerprint(std::string_view text);

/// Reads a manifest back. Errors: kUser "manifest.malformed"; "manifest.edited" when the text is not what
/// compile wrote, unless `accept_edited`.
Manifest parse_manifest(std::string_view text, const std::string& file, bool accept_edited);

/// Whether a YAML text is meant as a manifest rather than as OML.
bool looks_like_manifest(std::string_view text);

}  // namespace osiris
