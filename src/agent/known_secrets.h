#pragma once

#include <string>
#include <vector>

#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// The secrets of a project that can be told apart from other texts: those of its connections.
class KnownSecrets {
 public:
  /// Takes what can be resolved; a connection that lacks a variable has no secret to keep.
  KnownSecrets(const Project& project, const Registry& registry);

  void add(const Secret& secret) { others_.push_back(secret); }
  /// The text with each of them replaced by ***.
  std::string without(std::string text) const;

 private:
  std::vector<ConnectionConfig> connections_;
  std::vector<Secret> others_;
};

}  // namespace osiris
