#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace osiris::cli {

/// What `osiris` alone prints.
std::string program_help(const std::vector<Command>& commands);
/// The commands that begin with a word: `osiris logs`.
std::string group_help(const std::string& group, const std::vector<Command>& commands);
/// One command's page, its examples first.
std::string command_help(const Command& command, const std::vector<Option>& common_options);

}  // namespace osiris::cli
