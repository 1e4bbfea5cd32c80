#include "net/name_lookup.h"

#include <memory>

#include <netdb.h>

namespace osiris {

namespace {

constexpr timespec kLookInterval{0, 20'000'000};  ///< chosen: cancel() is noticed within 20 ms

/// A lookup in the C library's own thread. What it writes to must outlive the thread's work.
struct Request {
  std::string host;
  gaicb job{};

  explicit Request(std::string name) : host(std::move(name)) { job.ar_name = host.c_str(); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() {
    if (job.ar_result != nullptr) freeaddrinfo(job.ar_result);
  }
};

}  // namespace

NameLookup look_up(const std::string& host, std::chrono::steady_clock::time_point deadline,
                   const Cancellation& cancellation) {
  auto request = std::make_unique<Request>(host);
  gaicb* jobs[] = {&request->job};
  if (getaddrinfo_a(GAI_NOWAIT, jobs, 1, nullptr) != 0) return NameLookup::kTimedOut;
  while (gai_error(&request->job) == EAI_INPROGRESS) {
    if (cancellation.is_cancelled() || std::chrono::steady_clock::now() >= deadline) {
      // A lookup that cannot be called back keeps its memory for the rest of the process.
      if (gai_cancel(&request->job) == EAI_NOTCANCELED) static_cast<void>(request.release());
      return NameLookup::kTimedOut;
    }
    const gaicb* const waited[] = {&request->job};
    gai_suspend(waited, 1, &kLookInterval);
  }
  return gai_error(&request->job) == 0 ? NameLookup::kFound : NameLookup::kUnknown;
}

}  // namespace osiris
