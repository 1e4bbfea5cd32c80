#include "remote/worker_start.h"

#include <sys/utsname.h>

#include "base/text.h"

namespace osiris::remote {

namespace {

/// "x86_64": what this program was built for.
std::string machine() {
  utsname names{};
  ::uname(&names);
  return names.machine;
}

}  // namespace

std::string in_sandbox_project(const std::string& name) { return cat(kSandboxProject, "/", name); }

std::string uploaded_program_folder(const std::string& digest) {
  return cat(kSandboxHome, "/.osiris/", digest);
}

std::string baked_program_folder(const std::string& digest) { return cat("/opt/osiris/", digest); }

EnvdClient::Command worker_command(const std::string& digest, bool needs_engine) {
  const std::string uploaded = uploaded_program_folder(digest), baked = baked_program_folder(digest);
  const std::string has_engine =
      needs_engine ? "{ [ -f $F/lib/libduckdb.so ] || [ -f $F/lib/libduckdb.so.zst ]; } && " : "";
  // getconf comes with glibc itself; where there is none, there is no glibc either.
  const std::string check = cat(
      "S=\"$(uname -m) $(getconf GNU_LIBC_VERSION 2>/dev/null || echo no glibc)\"\n", "case $S in '",
      machine(), " glibc 2.'[0-9] | *' glibc 2.'[12][0-9] | *' glibc 2.3'[0-5]) ;;\n", "'", machine(),
      " glibc '*) S= ;;\n", "esac\n", "[ -z \"$S\" ] || { echo \"$S\" >&2; exit ", kSystemTooOld, "; }\n");
  const std::string name =
      cat("P=", uploaded, "/osiris\n", "[ ! -f $P.part ] || { chmod 755 $P.part && mv $P.part $P; } || exit ",
          kProgramNotThere, "\n");
  const std::string begin =
      cat("for F in ", baked, " ", uploaded, "; do\n", "[ -x $F/osiris ] && ", has_engine, "mkdir -p ",
          kSandboxProject, " && exec $F/osiris worker\n", "done\n", "exit ", kProgramNotThere, "\n");
  return {"/bin/sh", {"-c", cat(check, name, begin)}, kSandboxHome};
}

}  // namespace osiris::remote
