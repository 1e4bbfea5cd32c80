#include "remote/envd_client.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "net/connect_frames.h"
#include "net/retry.h"

namespace osiris::remote {

namespace {

namespace fs = std::filesystem;

constexpr int kBadGateway = 502, kNoFile = 404, kRangeRefused = 416, kNoSpace = 507, kPartial = 206;
constexpr std::size_t kMostFrameBytes = std::size_t{4} << 20;
/// A stream that says nothing for three of these is broken.
constexpr int kPingSeconds = 10;
constexpr std::chrono::milliseconds kMostSilence{35'000};
constexpr int kDownloadTries = 5;
constexpr std::chrono::milliseconds kDownloadPause{200};

std::string bytes_of(const Json& data, const char* key) {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_string()) return {};
  return from_base64(found->get_ref<const std::string&>()).value_or("");
}

/// What one message of a process's stream says; nothing where that is nothing new.
std::optional<EnvdClient::Output> output_of(const Json& message) {
  using Kind = EnvdClient::Output::Kind;
  const auto event = message.find("event");
  if (event == message.end() || !event->is_object()) return std::nullopt;
  if (const auto start = event->find("start"); start != event->end())
    return EnvdClient::Output{.kind = Kind::kStarted, .pid = start->value("pid", std::uint64_t{0})};
  if (const auto data = event->find("data"); data != event->end()) {
    if (data->contains("stdout"))
      return EnvdClient::Output{.kind = Kind::kStdout, .bytes = bytes_of(*data, "stdout")};
    return EnvdClient::Output{.kind = Kind::kStderr, .bytes = bytes_of(*data, "stderr")};
  }
  if (const auto end = event->find("end"); end != event->end())
    return EnvdClient::Output{
        .kind = Kind::kEnded, .exit_code = end->value("exitCode", 0), .status = end->value("status", "")};
  return std::nullopt;
}

HttpLimits limits() {
  HttpLimits limits;
  limits.silence = kMostSilence;
  return limits;
}

}  // namespace

EnvdClient::EnvdClient(const SandboxAddress& address, Cancellation& cancellation)
    : address_(address), cancellation_(cancellation), http_(limits(), cancellation) {}

HttpRequest EnvdClient::request(const std::string& method, const std::string& path) const {
  HttpRequest request{.method = method, .url = cat(address_.envd_url, path)};
  request.headers = {{"E2b-Sandbox-Id", address_.id}, {"E2b-Sandbox-Port", std::to_string(kEnvdPort)}};
  if (!address_.token.empty()) request.secret_headers.emplace_back("X-Access-Token", address_.token);
  return request;
}

void EnvdClient::refuse(const HttpResponse& response) const {
  const Json body = Json::parse(response.body, nullptr, false);
  const std::string told = body.is_object() ? body.value("message", "") : "";
  const std::string said = told.empty() ? cat("status ", response.status) : told;
  if (response.status == kBadGateway && body.is_object() && body.contains("sandboxId")) {
    throw Error(ErrorKind::kConnection, "remote.gone", cat("the sandbox is gone: '", address_.id, "'"),
                "its lifetime is over, or somebody ended it; --e2b-timeout gives it more time");
  }
  if (response.status == kNoSpace)
    throw Error(ErrorKind::kData, "file.disk_full", cat("the disk of the sandbox is full: ", said));
  if (response.status >= 500) {
    throw Error(ErrorKind::kConnection, "remote.unavailable", cat("the sandbox cannot do it now: ", said),
                "try again later")
        .retryable();
  }
  throw Error(ErrorKind::kConnection, "remote.refused", cat("the sandbox refuses the request: ", said));
}

void EnvdClient::write(const std::string& path, std::string_view content, Encoding encoding) {
  HttpRequest upload = request("POST", cat("/files?path=", url_encoded(path)));
  upload.headers.emplace_back("Content-Type", "application/octet-stream");
  if (encoding == Encoding::kGzip) upload.headers.emplace_back("Content-Encoding", "gzip");
  upload.body = content;
  // An empty body would go without a length.
  if (content.empty()) upload.headers.emplace_back("Content-Length", "0");
  const HttpResponse response = send_with_retries(http_, upload, {}, true, cancellation_);
  if (!response.is_success()) refuse(response);
}

bool EnvdClient::can_go_together(const std::string& path) {
  // They would stand in a header, in quotes.
  return path.find_first_of("\"\\\r\n") == std::string::npos;
}

void EnvdClient::write_together(const std::vector<std::pair<std::string, std::string_view>>& files) {
  // Long enough that no file has it by accident.
  static constexpr std::string_view kBoundary = "osiris-8d1f5b5a0c7e4f6c9c3b7a2e6d4f1b90";
  std::string body;
  for (const auto& [path, content] : files) {
    body += cat("--", kBoundary, "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"", path,
                "\"\r\nContent-Type: application/octet-stream\r\n\r\n");
    body.append(content);
    body += "\r\n";
  }
  body += cat("--", kBoundary, "--\r\n");
  HttpRequest upload = request("POST", "/files");
  upload.headers.emplace_back("Content-Type", cat("multipart/form-data; boundary=", kBoundary));
  upload.body = body;
  const HttpResponse response = send_with_retries(http_, upload, {}, true, cancellation_);
  if (!response.is_success()) refuse(response);
}

std::string EnvdClient::read(const std::string& path, std::uint64_t offset) {
  HttpRequest wanted = request("GET", cat("/files?path=", url_encoded(path)));
  wanted.headers.emplace_back("Range", cat("bytes=", offset, "-"));
  HttpResponse response = send_with_retries(http_, wanted, {}, true, cancellation_);
  if (response.status == kRangeRefused || response.status == kNoFile) return {};
  if (!response.is_success()) refuse(response);
  // A server that knows no ranges sends all of it.
  if (response.status != kPartial) response.body.erase(0, offset);
  return std::move(response.body);
}

std::string EnvdClient::download(const std::string& path, const fs::path& target, std::uint64_t expected) {
  OutputFile file(target, O_CREAT | O_TRUNC | O_WRONLY);
  if (expected > 0) file.reserve(expected);
  Sha256 digest;
  std::uint64_t received = 0;
  for (int attempt = 1;; ++attempt) {
    HttpRequest wanted = request("GET", cat("/files?path=", url_encoded(path)));
    if (received > 0) wanted.headers.emplace_back("Range", cat("bytes=", received, "-"));
    const std::uint64_t before = received;
    try {
      const HttpResponse response = http_.send(wanted, [&](std::string_view piece) {
        file.write(piece);
        digest.update(piece);
        received += piece.size();
        return true;
      });
      if (response.is_success() || response.status == kRangeRefused) {
        file.close();
        return "sha256:" + digest.finish();
      }
      refuse(response);
    } catch (const Error& error) {
      if (!error.is_retryable()) throw;
      // As long as some of it comes, the end will.
      if (received > before) attempt = 0;
      if (attempt == kDownloadTries) throw;
    }
    if (received == before && !wait_for(kDownloadPause, cancellation_)) cancellation_.check();
  }
}

bool EnvdClient::start(const Command& command, const TakeOutput& take) {
  return stream(
      "Start",
      {{"process", {{"cmd", command.program}, {"args", command.arguments}, {"cwd", command.folder}}},
       {"stdin", true}},
      take);
}

bool EnvdClient::connect(std::uint64_t pid, const TakeOutput& take) {
  return stream("Connect", {{"process", {{"pid", pid}}}}, take);
}

bool EnvdClient::stream(const std::string& method, const Json& message, const TakeOutput& take) {
  const std::string body = connect_frame(message.dump());
  HttpRequest call = request("POST", cat("/process.Process/", method));
  call.headers.emplace_back("Content-Type", "application/connect+json");
  call.headers.emplace_back("Connect-Protocol-Version", "1");
  // Without a Connect-Timeout-Ms, which would end the process as well.
  call.headers.emplace_back("Keepalive-Ping-Interval", std::to_string(kPingSeconds));
  call.body = body;
  ConnectFrameDecoder frames(kMostFrameBytes);
  bool has_ended = false;
  const HttpResponse response = http_.send(call, [&](std::string_view piece) {
    frames.feed(piece);
    while (const auto frame = frames.next()) {
      const Json said = Json::parse(frame->payload, nullptr, false);
      if (!said.is_object()) continue;
      if (const auto error = said.find("error"); frame->is_end && error != said.end()) {
        throw Error(
            ErrorKind::kConnection, "remote.process",
            cat("the sandbox says of the worker: ", error->value("message", error->value("code", ""))));
      }
      const auto output = output_of(said);
      if (!output) continue;
      has_ended = has_ended || output->kind == Output::Kind::kEnded;
      take(*output);
    }
    return true;
  });
  if (!response.is_success()) refuse(response);
  return has_ended;
}

void EnvdClient::call(const std::string& method, const Json& message) {
  const std::string body = message.dump();
  HttpRequest call = request("POST", cat("/process.Process/", method));
  call.headers.emplace_back("Content-Type", "application/json");
  call.headers.emplace_back("Connect-Protocol-Version", "1");
  call.body = body;
  const HttpResponse response = http_.send(call);
  if (!response.is_success()) refuse(response);
}

void EnvdClient::send_input(std::uint64_t pid, std::string_view bytes) {
  // A pipe of the sandbox holds so much; more at once might wait for its reader in the middle of a call.
  constexpr std::size_t kMostBytes = std::size_t{32} << 10;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kMostBytes) {
    call("SendInput",
         {{"process", {{"pid", pid}}}, {"input", {{"stdin", to_base64(bytes.substr(begin, kMostBytes))}}}});
  }
}

void EnvdClient::open_connection() {
  try {
    http_.send(request("GET", "/health"));
  } catch (const Error&) {
    // The next request finds out.
  }
}

}  // namespace osiris::remote
