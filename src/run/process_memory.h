#pragma once

namespace osiris {

/// Resident memory of this process in 10^6 bytes. Source: proc(5), /proc/self/statm.
double resident_memory_mb();

}  // namespace osiris
