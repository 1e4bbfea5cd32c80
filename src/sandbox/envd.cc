#include "sandbox/envd.h"

#include "base/error.h"
#include "base/text.h"
#include "sandbox/connect_call.h"
#include "sandbox/connect_frames.h"
#include "sandbox/envd_files.h"
#include "sandbox/envd_filesystem.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

Envd::Envd(EnvdSettings settings) : settings_(std::move(settings)), processes_(settings_), watch_(settings_) {
  routes_["/health"] = [](HttpExchange& exchange) { exchange.answer(204, {}, {}); };
  routes_["/envs"] = [this](HttpExchange& exchange) {
    exchange.answer_json(200, message_text(Json(settings_.variables)));
  };
  add_files();
  add_processes();
  add_filesystem();
}

void Envd::add_files() {
  routes_["/files"] = [this](HttpExchange& exchange) {
    if (exchange.head().method == "GET") return download_file(exchange, settings_);
    if (exchange.head().method == "POST") return upload_files(exchange, settings_);
    exchange.answer_json(405, refusal_json(405, "files are read by GET and written by POST"));
  };
  routes_["/files/compose"] = [this](HttpExchange& exchange) {
    if (exchange.head().method == "POST") return compose_files(exchange, settings_);
    exchange.answer_json(405, refusal_json(405, "files are put together by POST"));
  };
}

void Envd::add_filesystem() {
  using Call = std::function<Json(const CallMessage&)>;
  const auto add = [this](const char* name, Call call) {
    routes_[cat("/filesystem.Filesystem/", name)] = [call = std::move(call)](HttpExchange& exchange) {
      answer_call(exchange, call);
    };
  };
  add("Stat", [this](const CallMessage& request) { return stat_path(request, settings_); });
  add("ListDir", [this](const CallMessage& request) { return list_folder(request, settings_); });
  add("MakeDir", [this](const CallMessage& request) { return make_folder(request, settings_); });
  add("Move", [this](const CallMessage& request) { return move_path(request, settings_); });
  add("Remove", [this](const CallMessage& request) { return remove_path(request, settings_); });
  add("CreateWatcher", [this](const CallMessage& request) { return watch_.create_watcher(request); });
  add("GetWatcherEvents", [this](const CallMessage& request) { return watch_.watcher_events(request); });
  add("RemoveWatcher", [this](const CallMessage& request) { return watch_.remove_watcher(request); });
  routes_["/filesystem.Filesystem/WatchDir"] = [this](HttpExchange& exchange) {
    answer_stream(exchange, connect_frame(R"({"keepalive":{}})"),
                  [&](const CallMessage& request, ConnectStream& stream) {
                    watch_.watch_folder(request, stream, exchange.stopping());
                  });
  };
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
      answer_stream(exchange, connect_frame(R"({"event":{"keepalive":{}}})"),
                    [&](const CallMessage& request, ConnectStream& stream) {
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
