#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include <curl/curl.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "net/cut_off.h"

namespace osiris {

namespace {

constexpr const char* kLibrary = "libcurl.so.4";
/// Of a long body so much comes at once; the library's own 16 KiB make every piece a call into the system.
constexpr long kBufferBytes = 256L << 10;

/// The library's functions. Linked in, it and the thirty libraries that it needs would make every start slow.
class Curl {
 public:
  static const Curl& get() {
    static const Curl kCurl;
    return kCurl;
  }

  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_reset) easy_reset = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

 private:
  Curl() : library_(dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) {
      throw Error(ErrorKind::kUser, "http.no_library", cat("libcurl cannot be loaded: ", dlerror()),
                  "install it: apt-get install libcurl4");
    }
    decltype(&curl_global_init) global_init = nullptr;
    load("curl_global_init", global_init);
    load("curl_easy_init", easy_init);
    load("curl_easy_setopt", easy_setopt);
    load("curl_easy_perform", easy_perform);
    load("curl_easy_getinfo", easy_getinfo);
    load("curl_easy_strerror", easy_strerror);
    load("curl_easy_reset", easy_reset);
    load("curl_easy_cleanup", easy_cleanup);
    load("curl_slist_append", slist_append);
    load("curl_slist_free_all", slist_free_all);
    global_init(CURL_GLOBAL_DEFAULT);
  }

  template <typename Function>
  void load(const char* name, Function& target) const {
    target = reinterpret_cast<Function>(dlsym(library_, name));
    if (target == nullptr) {
      throw Error(ErrorKind::kUser, "http.no_library", cat(kLibrary, " lacks a function: '", name, "'"),
                  "install a newer one: apt-get install libcurl4");
    }
  }

  void* library_;
};

/// scheme://host[:port], which is all of a URL that a message may have.
std::string origin_of(const std::string& url) {
  const std::size_t host = url.find("://");
  return url.substr(0, host == std::string::npos ? 0 : url.find_first_of("/?#", host + 3));
}

class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { Curl::get().slist_free_all(list_); }

  void add(const std::string& line) {
    curl_slist* const longer = Curl::get().slist_append(list_, line.c_str());
    invariant(longer != nullptr, "the library has memory");
    list_ = longer;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct HttpClient::Transfer {
  Transfer(HttpLimits wanted, Cancellation& asked)
      : limits(wanted), cancellation(&asked), handle(Curl::get().easy_init()) {
    invariant(handle != nullptr, "the library has memory");
    hook = asked.on_cancel([this] {
      const std::lock_guard lock(socket_mutex);
      if (socket >= 0) cut_off(socket);
    });
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    hook = {};
    Curl::get().easy_cleanup(handle);
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    Curl::get().easy_setopt(handle, option, value);
  }

  void prepare(const HttpRequest& request, const HeaderList& headers);
  bool is_successful() const;
  std::size_t pass_on(std::string_view piece);
  [[noreturn]] void fail(CURLcode code, const std::string& url);

  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int close_socket(void* self, curl_socket_t closed);
  static int before_sending(void* self, char*, char*, int, int);
  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  HttpLimits limits;
  Cancellation* cancellation;
  CURL* handle;
  std::array<char, CURL_ERROR_SIZE> message{};
  std::mutex socket_mutex;  ///< a descriptor that is closed may be another file's at once
  int socket = -1;
  HttpResponse response;
  bool has_body = false, is_begun = false, is_too_large = false;
  const TakePiece* take_piece = nullptr;
  bool is_enough = false;          ///< take_piece said so
  std::exception_ptr take_failed;  ///< what it threw
  Cancellation::Hook hook;
};

bool HttpClient::Transfer::is_successful() const {
  long status = 0;
  Curl::get().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

std::size_t HttpClient::Transfer::pass_on(std::string_view piece) {
  try {
    is_enough = !(*take_piece)(piece);
  } catch (...) {
    take_failed = std::current_exception();
  }
  return is_enough || take_failed ? 0 : piece.size();
}

std::size_t HttpClient::Transfer::take_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.take_piece != nullptr && transfer.is_successful()) return transfer.pass_on({data, size});
  transfer.is_too_large = transfer.response.body.size() + size > transfer.limits.body_bytes;
  if (transfer.is_too_large) return 0;
  transfer.response.body.append(data, size);
  return size;
}

std::size_t HttpClient::Transfer::take_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& headers = static_cast<Transfer*>(self)->response.headers;
  const std::string_view line(data, size);
  // A status line begins an answer: of several (100 Continue, a proxy's) the last one counts.
  if (line.starts_with("HTTP/")) headers.clear();
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  return size;
}

curl_socket_t HttpClient::Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  const int opened = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  auto& transfer = *static_cast<Transfer*>(self);
  const std::lock_guard lock(transfer.socket_mutex);
  transfer.socket = opened;
  return opened;
}

int HttpClient::Transfer::close_socket(void* self, curl_socket_t closed) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::lock_guard lock(transfer.socket_mutex);
  if (transfer.socket == closed) transfer.socket = -1;
  return close(closed);
}

/// A request that met a connection which had just died, the library would quietly send again over another
/// one, though the server may have done what the first one asked for. Whether that may be, our callers know.
int HttpClient::Transfer::before_sending(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  const bool is_again = std::exchange(transfer.is_begun, true);
  return is_again && transfer.has_body ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int HttpClient::Transfer::progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(self)->cancellation->is_cancelled() ? 1 : 0;
}

void HttpClient::Transfer::prepare(const HttpRequest& request, const HeaderList& headers) {
  Curl::get().easy_reset(handle);  // keeps the open connections
  set(CURLOPT_ERRORBUFFER, message.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::chrono::ceil<std::chrono::seconds>(limits.silence).count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_BUFFERSIZE, kBufferBytes);
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  set(CURLOPT_CLOSESOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &before_sending);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &progress);
  set(CURLOPT_XFERINFODATA, this);
}

void HttpClient::Transfer::fail(CURLcode code, const std::string& url) {
  cancellation->check();
  const std::string origin = origin_of(url);
  const std::string told = message[0] != '\0' ? message.data() : Curl::get().easy_strerror(code);
  const auto error = [&](const char* name, std::string_view what, std::string hint) {
    return Error(ErrorKind::kConnection, name, cat(what, ": '", origin, "'"), std::move(hint)).retryable();
  };
  double connect_seconds = 0;
  Curl::get().easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME, &connect_seconds);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      throw Error(ErrorKind::kUser, "http.invalid_url", cat("not an address of the web: '", origin, "'"),
                  "write it as https://host");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw error("connection.unknown_host", "the host has no address", "check the URL").retryable(false);
    case CURLE_COULDNT_CONNECT:
      throw error("connection.refused", "the server cannot be reached",
                  "check the URL; see that the server runs");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      throw error("connection.tls", cat("no encrypted connection could be made (", told, ")"),
                  "check the server's certificate and this machine's authorities")
          .retryable(false);
    case CURLE_OPERATION_TIMEDOUT:
      if (connect_seconds == 0) {
        throw error("connection.refused", "the server did not answer in time",
                    "check the URL, or raise connect_timeout");
      }
      throw error("connection.timeout", "the server was silent for too long",
                  "run again, or raise read_timeout");
    case CURLE_ABORTED_BY_CALLBACK:
      throw error("connection.lost", "the connection broke before there was an answer", "run again");
    case CURLE_WRITE_ERROR:
      if (is_too_large) {
        throw Error(
            ErrorKind::kData, "http.too_large",
            cat("an answer has more than ", with_thousands(limits.body_bytes), " bytes: '", origin, "'"),
            "ask for fewer rows at once");
      }
      [[fallthrough]];
    default:
      throw error("connection.lost", cat("the connection broke (", told, ")"), "run again");
  }
}

HttpClient::HttpClient(HttpLimits limits, Cancellation& cancellation)
    : transfer_(std::make_unique<Transfer>(limits, cancellation)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

HttpResponse HttpClient::send(const HttpRequest& request) { return send(request, {}); }

HttpResponse HttpClient::send(const HttpRequest& request, const TakePiece& take) {
  Transfer& transfer = *transfer_;
  transfer.cancellation->check();
  HeaderList headers;
  for (const auto& [name, value] : request.headers) headers.add(cat(name, ": ", value));
  for (const auto& [name, value] : request.secret_headers) headers.add(cat(name, ": ", value.reveal()));
  headers.add("Expect:");  // bodies are small enough not to be announced
  transfer.response = {};
  transfer.message[0] = '\0';
  transfer.has_body = !request.body.empty();
  transfer.is_begun = transfer.is_too_large = transfer.is_enough = false;
  transfer.take_piece = take ? &take : nullptr;
  transfer.take_failed = nullptr;
  transfer.prepare(request, headers);
  const CURLcode code = Curl::get().easy_perform(transfer.handle);
  if (transfer.take_failed) std::rethrow_exception(transfer.take_failed);
  if (code != CURLE_OK && !transfer.is_enough) transfer.fail(code, request.url);
  long status = 0;
  Curl::get().easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace osiris
