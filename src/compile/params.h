#pragma once

#include <map>
#include <string>

#include "compile/oml.h"

namespace osiris {

/// The value of every declared parameter: default < profile < OSIRIS_PARAM_<NAME> < --param.
/// A text from outside takes the type of the default, or the declared one.
/// Findings: "param.unknown", "param.missing", "param.wrong_type", "param.not_allowed",
/// "param.unknown_profile".
Json resolve_params(const Pipeline& pipeline, const ParamSources& sources, const std::string& file,
                    Diagnostics& diagnostics);

/// Replaces ${params.x} in every text below the node. A text that is nothing else becomes the value with
/// its type. Findings: "param.undeclared" at the text's place.
void substitute_params(yaml::Node& node, const Json& params, const std::string& file,
                       Diagnostics& diagnostics);

}  // namespace osiris
