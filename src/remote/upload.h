#pragma once

#include <string>
#include <vector>

#include "project/project.h"
#include "remote/envd_client.h"
#include "remote/luggage.h"
#include "remote/worker_parts.h"

namespace osiris::remote {

/// What goes into a sandbox: the files of the steps, and the program where the sandbox has not got it.
class Upload {
 public:
  Upload(const Project& project, const Luggage& luggage, const WorkerParts& parts)
      : project_(project), luggage_(luggage), parts_(parts) {}

  std::uint64_t file_bytes() const;
  /// The steps' files, small ones in one request.
  void send_files(EnvdClient& envd) const;
  /// Packs the program's parts where they are not packed yet; returns how many bytes they are.
  std::uint64_t pack();
  /// Requires: pack().
  void send_program(EnvdClient& envd) const;

 private:
  const Project& project_;
  const Luggage& luggage_;
  const WorkerParts& parts_;
  std::string program_, engine_;
};

}  // namespace osiris::remote
