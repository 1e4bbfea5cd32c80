#pragma once

#include <string>

#include "component/proposal.h"
#include "project/project.h"

namespace osiris {

/// Asks every family that reads files what it makes of one, and returns the first proposal. `path` is as a
/// step of the project would name it. Nothing is opened but the file, and nothing is written. Errors: kUser
/// "file.not_found", "file.not_known"; those of reading it.
Proposal discover_file(const std::string& path, const Project& project, const Registry& registry);

/// The pipeline of one step that the proposal is, with what it rests on as comments.
std::string print_proposal(const Proposal& proposal);

Json to_json(const Proposal& proposal);

}  // namespace osiris
