#pragma once

#include <string>

namespace osiris::sandbox {

/// What of the network a sandbox has.
enum class Network {
  kAllowed,   ///< the machine's own
  kLoopback,  ///< one of its own, which leads nowhere
  kDenied,    ///< none; not even a socket of it
};

/// The filter of system calls for a sandbox, as bubblewrap's --seccomp reads it: what leads out of a
/// container or deep into the kernel fails with EPERM, all else goes on. Source: seccomp(2); the list follows
/// the default profile of containers, less what an own user namespace is
///         allowed: docs/sandbox.md.
std::string seccomp_filter(Network network);

}  // namespace osiris::sandbox
