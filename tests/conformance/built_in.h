#pragma once

#include "component/registry.h"

namespace osiris::conformance {

/// The components of this build.
inline const Registry& registry() {
  static const Registry of_the_build;
  return of_the_build;
}

}  // namespace osiris::conformance
