#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "net/http_client.h"
#include "remote/e2b_account.h"

namespace osiris::remote {

/// A sandbox that was made, and how to reach what runs in it.
struct SandboxAddress {
  std::string id, envd_version, envd_url;
  Secret token;
};

/// E2B's control plane, version 2, and version 1 where a cluster has no other. Single-threaded.
/// Source: the API's OpenAPI description, github.com/e2b-dev/infra, spec/openapi.yml.
class E2bClient {
 public:
  struct Wish {
    std::string template_name = "base";
    std::chrono::seconds lifetime{300};
    std::map<std::string, std::string> metadata;
  };
  struct Facts {
    std::uint64_t cpu_count = 0, memory_mb = 0;
    std::string ends_at;
    std::map<std::string, std::string> metadata;
    std::string id, started_at;
  };

  struct Size {
    std::uint64_t cpu_count = 0, memory_mb = 0;
  };

  E2bClient(const E2bAccount& account, Cancellation& cancellation);

  /// Creates a sandbox. Where the answer gets lost there may be one all the same, until its lifetime ends.
  /// Errors: kConnection "remote.key_refused", "remote.no_template", "remote.too_many", "remote.refused",
  /// "remote.unavailable" and those of HttpClient.
  SandboxAddress create(const Wish& wish);
  /// A file that a template brings: what it has here, its place there, its rights in octal digits.
  struct TemplateFile {
    std::filesystem::path file;
    std::string place, rights;
  };
  bool has_template(const std::string& name);
  /// Builds a template of "base" with these files. A size cannot be asked for with a sandbox, only with its
  /// template. Errors: as create(); kConnection "remote.size_refused" where the account gets none of this
  /// size, "remote.no_template" where the build fails.
  void build_template(const std::string& name, const Size& size, const std::vector<TemplateFile>& files);
  /// Errors: kConnection "remote.gone".
  Facts facts(const std::string& id);
  /// The sandboxes of the account whose metadata say these.
  std::vector<Facts> list(const std::map<std::string, std::string>& metadata);
  /// The sandbox lives so long from now on.
  void set_lifetime(const std::string& id, std::chrono::seconds lifetime);
  /// Returns whether it was there.
  bool kill(const std::string& id);

 private:
  HttpResponse send(const std::string& method, const std::string& path, const Json& body,
                    bool is_repeatable = true);
  /// Uploads a file for a template that is built; returns the step that puts it there.
  Json copy_step(const std::string& template_id, const TemplateFile& file);
  Json answer(const HttpResponse& response) const;
  [[noreturn]] void refuse(const HttpResponse& response) const;

  const E2bAccount& account_;
  Cancellation& cancellation_;
  HttpClient http_;
};

}  // namespace osiris::remote
