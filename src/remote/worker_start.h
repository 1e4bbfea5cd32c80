#pragma once

#include <string>

#include "remote/envd_client.h"

namespace osiris::remote {

/// Where things are in a sandbox.
inline constexpr const char* kSandboxHome = "/home/user";
inline constexpr const char* kSandboxProject = "/home/user/osiris";

/// A path of the project there.
std::string in_sandbox_project(const std::string& name);
/// The folder of the program of a digest that was uploaded, and of one that its template brought.
std::string uploaded_program_folder(const std::string& digest);
std::string baked_program_folder(const std::string& digest);

/// What the command that starts the worker says where it does not.
inline constexpr int kProgramNotThere = 86, kSystemTooOld = 87;

/// Starts the worker of a digest, out of whichever folder has it. An upload gets its name and its rights
/// here, so that a program is there whole or not at all.
EnvdClient::Command worker_command(const std::string& digest, bool needs_engine);

}  // namespace osiris::remote
