#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "component/component.h"
#include "component/spec.h"

namespace osiris {

/// A component and its parsed spec.
struct RegisteredComponent {
  const Component* component = nullptr;
  ComponentSpec spec;
};

/// Whether a writer keeps the mark of an incremental read with its rows, in one transaction with them.
bool keeps_marks(const RegisteredComponent& writer, const ConnectionConfig& connection);

/// Looks components up by name or alias; parses a spec when it is first asked for. Thread-safe after
/// that only for the names that were asked for before.
class Registry {
 public:
  Registry();
  Registry(const std::vector<Component>& components, const std::vector<ConnectionType>& connections);

  /// Null when there is no such component.
  const RegisteredComponent* find(std::string_view name) const;
  std::vector<std::string> names() const;

  const ConnectionType* find_connection_type(std::string_view family) const;
  /// Requires: the family exists.
  const ConnectionSpec& connection_spec(std::string_view family) const;
  std::vector<std::string> families() const;

 private:
  const std::vector<Component>* components_;
  const std::vector<ConnectionType>* connections_;
  mutable std::map<std::string, RegisteredComponent, std::less<>> parsed_;
  mutable std::map<std::string, ConnectionSpec, std::less<>> parsed_connections_;
};

}  // namespace osiris
