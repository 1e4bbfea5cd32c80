#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/container.h"
#include "sandbox/http_exchange.h"
#include "sandbox/limits.h"

namespace osiris::sandbox {

/// What a sandbox is made from: limits, files, variables, a folder to start in.
struct SandboxTemplate {
  std::string id, build_id;
  std::vector<std::string> names;
  Limits limits;
  std::vector<ContainerFile> files;
  std::map<std::string, std::string> variables;
  std::string folder;
  bool is_ready = false;
};

/// The templates of a server: "base", and what its clients build for as long as it runs. Thread-safe.
///
/// Errors: kUser "sandbox.invalid_argument", "sandbox.not_found", "sandbox.unimplemented" as their messages
/// say.
class TemplateStore {
 public:
  /// `folder` takes the files that are uploaded.
  TemplateStore(const Limits& base, std::filesystem::path folder);

  /// Of an id, a name, or a name and a tag. Only one that is ready makes a sandbox.
  SandboxTemplate ready(const std::string& name) const;
  /// What the calls of E2B's template builds answer. `body` is theirs.
  Json begin(const Json& body);
  Json alias(const std::string& name) const;
  /// `base_url`: where the server is reached, for the place to upload to.
  Json upload_place(const std::string& id, const std::string& digest, const std::string& base_url);
  void take_upload(const std::string& ticket, HttpExchange& exchange);
  void build(const std::string& id, const std::string& build_id, const Json& body);
  Json status(const std::string& id, const std::string& build_id) const;

 private:
  SandboxTemplate& find(const std::string& name);
  const SandboxTemplate& find(const std::string& name) const;
  std::filesystem::path archive(const std::string& digest) const;

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::vector<SandboxTemplate> templates_;
  std::map<std::string, std::string> tickets_;  ///< what opens an upload, and the digest of its files
};

}  // namespace osiris::sandbox
