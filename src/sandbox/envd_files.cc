#include "sandbox/envd_files.h"

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/call_message.h"
#include "sandbox/file_entry.h"
#include "sandbox/file_metadata.h"
#include "sandbox/gunzip.h"
#include "sandbox/http_range.h"
#include "sandbox/multipart.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

namespace {

[[noreturn]] void refuse_path(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", message);
}

/// An existing file, opened to be read, and what stat() says of it.
struct ReadFile {
  Descriptor descriptor;
  struct stat facts {};
};

ReadFile open_file(const std::string& path) {
  // A pipe without a writer must not hold the call up.
  ReadFile file{Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), {}};
  if (!file.descriptor.is_open()) throw_path_error(errno, path);
  ::fstat(file.descriptor.descriptor(), &file.facts);
  if (S_ISDIR(file.facts.st_mode)) refuse_path(cat("path '", path, "' is a directory"));
  if (!S_ISREG(file.facts.st_mode)) refuse_path(cat("path '", path, "' is not a regular file"));
  return file;
}

Json uploaded(const std::string& path, const FileMetadata& metadata) {
  Json entry{{"path", path}, {"name", fs::path(path).filename().string()}, {"type", "file"}};
  if (!metadata.empty()) entry["metadata"] = metadata;
  return entry;
}

OutputFile create_file(const std::string& path) {
  make_folders(fs::path(path).parent_path());
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode))
    refuse_path(cat("path is a directory: ", path));
  return OutputFile(path, O_CREAT | O_TRUNC | O_WRONLY | O_NONBLOCK);
}

/// Writes all that a source has and answers what is said of the file.
Json write_upload(const std::string& path, const FileMetadata& metadata, const PieceSource& source) {
  OutputFile file = create_file(path);
  const bool is_stored = store_metadata(file.descriptor(), metadata);
  for (std::string_view piece = source(); !piece.empty(); piece = source()) file.write(piece);
  file.close();
  return uploaded(path, is_stored ? metadata : FileMetadata());
}

Json write_form(const PieceSource& source, std::string_view boundary, const std::optional<std::string>& path,
                const FileMetadata& metadata, const EnvdSettings& settings) {
  MultipartReader reader(source, boundary);
  Json entries = Json::array();
  while (const auto part = reader.next_part()) {
    if (part->name != "file") continue;
    if (!path && part->filename.value_or("").empty())
      refuse_path("a part has no file name, and there is no path");
    const std::string target = expanded_path(path ? *path : *part->filename, settings);
    for (const Json& entry : entries) {
      if (entry["path"] == target)
        refuse_path(
            cat("you cannot upload multiple files to the same path '", target, "' in one upload request"));
    }
    entries.push_back(write_upload(target, metadata, [&] { return reader.read(); }));
  }
  return entries;
}

/// Appends a file without its bytes coming here.
void append_file(const OutputFile& to, const ReadFile& from) {
  constexpr std::size_t kMostAtOnce = 0x7ffff000;
  for (;;) {
    const ssize_t count = ::sendfile(to.descriptor(), from.descriptor.descriptor(), nullptr, kMostAtOnce);
    if (count == 0) return;
    if (count > 0 || errno == EINTR) continue;
    throw_path_error(errno, to.path().string());
  }
}

}  // namespace

void download_file(HttpExchange& exchange, const EnvdSettings& settings) {
  const std::string path = expanded_path(exchange.head().parameter("path").value_or(""), settings);
  const ReadFile file = open_file(path);
  const auto size_bytes = static_cast<std::uint64_t>(file.facts.st_size);
  const FileSelection selected = select_bytes(exchange.head(), size_bytes, file.facts.st_mtime);
  HttpHeaders headers{{"Accept-Ranges", "bytes"}, {"Last-Modified", http_date(file.facts.st_mtime)}};
  if (selected.status == 416) {
    headers.emplace_back("Content-Range", cat("bytes */", size_bytes));
    return exchange.answer(416, "application/json",
                           refusal_json(416, "the range is beyond the end of the file"), headers);
  }
  if (selected.status == 304) return exchange.answer(304, {}, {}, headers);
  if (selected.status == 412)
    return exchange.answer(412, "application/json", refusal_json(412, "the file was modified"), headers);
  if (selected.status == 206) {
    headers.emplace_back("Content-Range", cat("bytes ", selected.offset, '-',
                                              selected.offset + selected.size_bytes - 1, '/', size_bytes));
  }
  headers.emplace_back("Content-Type", "application/octet-stream");
  exchange.begin(selected.status, headers, selected.size_bytes);
  exchange.write_file(file.descriptor.descriptor(), selected.offset, selected.size_bytes);
  exchange.end();
}

void upload_files(HttpExchange& exchange, const EnvdSettings& settings) {
  const HttpHead& head = exchange.head();
  const FileMetadata metadata = metadata_of(head);
  const auto path = head.parameter("path");
  PieceSource source = [&] { return exchange.read_body(); };
  const std::string encoding = to_lower(head.header("content-encoding"));
  if (encoding == "gzip") {
    source = gunzipped(std::move(source));
  } else if (!encoding.empty() && encoding != "identity") {
    refuse_path(cat("unsupported Content-Encoding: '", encoding, "'"));
  }
  const std::string_view type = head.header("content-type");
  const std::string media = to_lower(trim(type.substr(0, type.find(';'))));
  Json entries;
  if (media == "application/octet-stream") {
    if (!path) refuse_path("path query parameter is required for raw body upload");
    entries.push_back(write_upload(expanded_path(*path, settings), metadata, source));
  } else if (media.starts_with("multipart/")) {
    entries = write_form(source, header_parameter(type, "boundary").value_or(""), path, metadata, settings);
  } else {
    refuse_path(cat("unsupported content type: '", type,
                    "', expected multipart/form-data or application/octet-stream"));
  }
  exchange.answer_json(200, message_text(entries));
}

void compose_files(HttpExchange& exchange, const EnvdSettings& settings) {
  constexpr std::size_t kMostRequestBytes = 1 << 20;
  static std::atomic<unsigned> count{0};
  const CallMessage request = CallMessage::parse(exchange.whole_body(kMostRequestBytes));
  const std::vector<std::string> given = request.texts("source_paths");
  if (given.empty()) refuse_path("source_paths must not be empty");
  if (request.text("destination").empty()) refuse_path("destination is required");
  const std::string destination = expanded_path(request.text("destination"), settings);
  std::vector<std::string> sources;
  for (const std::string& path : given) {
    sources.push_back(expanded_path(path, settings));
    if (sources.back() == destination)
      refuse_path(cat("source path '", path, "' cannot be the same as destination"));
    open_file(sources.back());
  }
  make_folders(fs::path(destination).parent_path());
  // A file that is there stays as it is until the new one is whole.
  const std::string part = cat(destination, ".compose.", ::getpid(), '.', ++count);
  try {
    OutputFile file(part, O_CREAT | O_EXCL | O_WRONLY);
    for (const std::string& source : sources) append_file(file, open_file(source));
    file.close();
    if (::rename(part.c_str(), destination.c_str()) != 0) throw_path_error(errno, destination);
  } catch (const Error&) {
    ::unlink(part.c_str());
    throw;
  }
  for (const std::string& source : sources) ::unlink(source.c_str());
  exchange.answer_json(200, message_text(uploaded(destination, {})));
}

}  // namespace osiris::sandbox
