#include "sandbox/server.h"

#include <sys/resource.h>

#include "sandbox/chaos.h"
#include "sandbox/control_plane.h"
#include "sandbox/front.h"
#include "sandbox/http_server.h"
#include "sandbox/isolation.h"
#include "sandbox/sandbox_table.h"
#include "sandbox/state_folder.h"
#include "sandbox/template_store.h"

namespace osiris::sandbox {

namespace {

/// What the agent is like; clients ask it what it can do.
constexpr const char* kEnvdVersion = "0.6.13";
/// The last one that let a process wait where nobody read its output.
constexpr const char* kOldEnvdVersion = "0.5.18";

/// Each connection and each sandbox takes some; the system's first limit is for small programs.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

/// In the order in which they need each other.
struct Server::Parts {
  explicit Parts(const ServerOptions& options)
      : key(options.key),
        isolation(options.is_isolated ? Isolation::by_containers(launcher, options.search_path)
                                      : Isolation::by_folders()),
        listening(listen_on_loopback(options.port)),
        port(port_of(listening)),
        folder(options.state_root),
        templates(options.limits, folder.path() / "templates"),
        chaos(options.chaos ? std::make_unique<Chaos>(*options.chaos) : nullptr),
        is_old_envd(chaos != nullptr && chaos->is_old_envd()),
        sandboxes({isolation, launcher, folder, options.program, is_old_envd}, options.most_sandboxes,
                  options.tell),
        control_plane(sandboxes, templates, {options.network, is_old_envd ? kOldEnvdVersion : kEnvdVersion}),
        front(sandboxes, templates, control_plane, key, chaos.get()),
        http(std::move(listening), [this](HttpExchange& exchange) { front.answer(exchange); }) {}

  Secret key;
  Launcher launcher;
  Isolation isolation;
  Descriptor listening;
  std::uint16_t port;
  StateFolder folder;
  TemplateStore templates;
  std::unique_ptr<Chaos> chaos;
  bool is_old_envd;
  SandboxTable sandboxes;
  ControlPlane control_plane;
  Front front;
  HttpServer http;
};

Server::Server(const ServerOptions& options) {
  raise_descriptor_limit();
  parts_ = std::make_unique<Parts>(options);
}

Server::~Server() = default;

std::uint16_t Server::port() const { return parts_->port; }
Json Server::isolation() const { return parts_->isolation.facts(); }
std::string Server::isolation_text() const { return parts_->isolation.text(); }
std::size_t Server::cleaned_count() const { return parts_->folder.cleaned_count(); }

}  // namespace osiris::sandbox
