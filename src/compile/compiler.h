#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compile/diagnostics.h"
#include "compile/manifest.h"
#include "compile/oml.h"
#include "component/registry.h"
#include "project/connections.h"

namespace osiris {

/// What became of a pipeline file.
struct CompileResult {
  Diagnostics diagnostics;
  std::string name;                  ///< the pipeline's, as far as it could be read
  std::optional<Manifest> manifest;  ///< absent when there are errors
};

/// Turns OML into a manifest: the one validator of `oml validate`, `compile` and `run`. Opens no socket and
/// reads no file: connections are checked to exist, their variables are not looked at.
///
/// Findings: those of read_oml() and check_step_config(), and "oml.duplicate_id", "oml.unknown_component",
/// "oml.unknown_mode", "oml.wrong_mode", "oml.unknown_step", "oml.cycle", "oml.no_input",
/// "oml.too_many_inputs", "oml.unexpected_input", "oml.wrong_family", "oml.standstill", "connection.…"; the
/// warnings "oml.unread_step" and "oml.unresolved_variable".
CompileResult compile(std::string_view oml, const std::string& file, const ParamSources& sources,
                      const Connections& connections, const Registry& registry);

/// "osiris 0.3.0": what made a manifest.
std::string compiler_version();

}  // namespace osiris
