#include "sandbox/envd.h"

#include "base/error.h"
#include "base/text.h"
#include "sandbox/connect_call.h"
#include "sandbox/connect_frames.h"

namespace osiris::sandbox {

Envd::Envd(EnvdSettings settings) : settings_(std::move(settings)), processes_(settings_) {
  routes_["/health"] = [](HttpExchange& exchange) { exchange.answer(204, {}, {}); };
  routes_["/envs"] = [this](HttpExchange& exchange) {
    exchange.answer_json(200, Json(settings_.variables).dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  add_processes();
}

void Envd::add_processes() {
  using Call = std::function<Json(const CallMessage&, HttpExchange&)>;
  const auto add = [this](const char* name, Call call) {
    routes_[cat("/process.Process/", name)] = [call = std::move(call)](HttpExchange& exchange) {
      answer_call(exchange, [&](const CallMessage& request) { return call(request, exchange); });
    };
  };
  add("List", [this](const CallMessage&, HttpExchange&) { return processes_.list(); });
  add("Update", [this](const CallMessage& request, HttpExchange&) { return processes_.update(request); });
  add("SendInput", [this](const CallMessage& request, HttpExchange& exchange) {
    return processes_.send_input(request, exchange);
  });
  add("SendSignal",
      [this](const CallMessage& request, HttpExchange&) { return processes_.send_signal(request); });
  add("CloseStdin",
      [this](const CallMessage& request, HttpExchange&) { return processes_.close_stdin(request); });

  using Streaming = void (EnvdProcesses::*)(const CallMessage&, ConnectStream&, Cancellation&);
  const auto add_stream = [this](const char* name, Streaming call) {
    routes_[cat("/process.Process/", name)] = [this, call](HttpExchange& exchange) {
      static const std::string kPing = connect_frame(R"({"event":{"keepalive":{}}})");
      answer_stream(exchange, kPing, [&](const CallMessage& request, ConnectStream& stream) {
        (processes_.*call)(request, stream, exchange.stopping());
      });
    };
  };
  add_stream("Start", &EnvdProcesses::start);
  add_stream("Connect", &EnvdProcesses::connect);
}

void Envd::handle(HttpExchange& exchange) {
  const auto route = routes_.find(exchange.head().path);
  if (route == routes_.end()) {
    throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                cat("this sandbox does not implement ", exchange.head().method, ' ', exchange.head().path));
  }
  route->second(exchange);
}

}  // namespace osiris::sandbox
