#include "agent/known_secrets.h"

namespace osiris {

KnownSecrets::KnownSecrets(const Project& project, const Registry& registry) {
  for (const ConnectionEntry& entry : project.connections().entries()) {
    try {
      connections_.push_back(resolve(entry, project.environment(), registry, project.folder()).config);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
    }
  }
}

std::string KnownSecrets::without(std::string text) const {
  for (const ConnectionConfig& connection : connections_) text = connection.without_secrets(std::move(text));
  for (const Secret& secret : others_) text = without_secret(std::move(text), secret);
  return text;
}

}  // namespace osiris
