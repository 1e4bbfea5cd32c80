#include <csignal>
#include <iostream>
#include <iterator>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "sandbox/envd.h"
#include "sandbox/http_server.h"

namespace osiris::cli {

namespace {

/// The listening socket that another process has made, or one at a path.
Descriptor agent_socket(const Invocation& invocation) {
  const auto inherited = invocation.count("--descriptor");
  if (inherited.has_value() == !invocation.arguments().empty()) {
    throw Error(ErrorKind::kUser, "cli.usage", "a sandbox's agent has either a path or --descriptor",
                "osiris sandbox agent SOCKET");
  }
  if (!inherited) return sandbox::listen_at(invocation.arguments().front());
  const int descriptor = static_cast<int>(*inherited);
  int is_listening = 0;
  socklen_t size = sizeof is_listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0 || is_listening == 0) {
    throw Error(ErrorKind::kUser, "sandbox.cannot_listen",
                cat("the descriptor is no listening socket: ", descriptor));
  }
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
  return Descriptor(descriptor);
}

Answer run_agent(const Invocation& invocation) {
  // Before the first thread: all of them are to leave these signals to the wait below.
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ends, number);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  // What is uploaded can be read by everybody in the sandbox, whoever starts this.
  ::umask(S_IWGRP | S_IWOTH);

  const std::string given{std::istreambuf_iterator<char>(std::cin), {}};
  const sandbox::EnvdSettings settings =
      sandbox::envd_settings(is_blank(given) ? Json::object() : Json::parse(given, nullptr, false));
  sandbox::limit_this_process(settings);
  sandbox::Envd envd(settings);
  sandbox::HttpServer server(agent_socket(invocation),
                             [&](sandbox::HttpExchange& exchange) { envd.handle(exchange); });
  int number = 0;
  ::sigwait(&ends, &number);
  server.stop();
  return {};
}

}  // namespace

std::vector<Command> sandbox_agent_commands() {
  return {{"sandbox agent",
           "[SOCKET]",
           0,
           1,
           "Serve one sandbox from inside it; its settings are a JSON object on standard input",
           {{"osiris sandbox agent /run/agent.sock < settings.json",
             "serves at a Unix socket until it is ended"}},
           {{"--descriptor", "N", "Serve at the listening socket that is open as descriptor N", {}}},
           run_agent,
           true}};
}

}  // namespace osiris::cli
