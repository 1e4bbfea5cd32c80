// How the tests of this folder compile a text and read what was found.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "compile/compiler.h"
#include "compile/test_components.h"

namespace osiris {

inline const Connections& test_connections() {
  static const Connections connections("osiris_connections.yaml",
                                       "connections:\n"
                                       "  shop: {main: {default: true, password: '${UNSET}'}, other: {}}\n"
                                       "  store: {main: {}}\n");
  return connections;
}

inline CompileResult compile_text(const std::string& oml, const ParamSources& sources = {}) {
  return compile(oml, "p.oml", sources, test_connections(), closed_registry());
}

/// "line:column code: message", in the order of the file.
inline std::vector<std::string> findings_in(const std::string& oml) {
  std::vector<std::string> found;
  for (const Finding& finding : compile_text(oml).diagnostics.sorted()) {
    found.push_back(
        cat(finding.location.line, ":", finding.location.column, " ", finding.code, ": ", finding.message));
  }
  return found;
}

/// The hint of the only finding.
inline std::string hint_in(const std::string& oml) {
  const auto found = compile_text(oml).diagnostics.sorted();
  return found.size() == 1 ? found.front().hint : cat(found.size(), " findings");
}

}  // namespace osiris
