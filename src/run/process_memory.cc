#include "run/process_memory.h"

#include <fstream>

#include <unistd.h>

namespace osiris {

double resident_memory_mb() {
  std::ifstream statm("/proc/self/statm");
  long all_pages = 0;
  long resident_pages = 0;
  statm >> all_pages >> resident_pages;
  return static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace osiris
