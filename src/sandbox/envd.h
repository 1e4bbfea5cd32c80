#pragma once

#include <functional>
#include <map>
#include <string>

#include "sandbox/envd_processes.h"
#include "sandbox/envd_settings.h"
#include "sandbox/envd_watch.h"
#include "sandbox/http_exchange.h"

namespace osiris::sandbox {

/// What answers for a sandbox from inside it: its files, its processes, its folders, as E2B's envd does. Who
/// may ask is decided by whoever passes requests on to it. Thread-safe.
class Envd {
 public:
  explicit Envd(EnvdSettings settings);
  Envd(const Envd&) = delete;
  Envd& operator=(const Envd&) = delete;

  /// Answers a request, whatever it is; for HttpServer.
  void handle(HttpExchange& exchange);

 private:
  using Route = std::function<void(HttpExchange&)>;

  void add_files();
  void add_processes();
  void add_filesystem();

  const EnvdSettings settings_;
  EnvdProcesses processes_;
  EnvdWatch watch_;
  std::map<std::string, Route, std::less<>> routes_;  ///< by path
};

}  // namespace osiris::sandbox
