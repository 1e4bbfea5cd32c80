#include "remote/upload.h"

#include "base/text.h"
#include "remote/packing.h"
#include "remote/worker_start.h"

namespace osiris::remote {

namespace {

/// Chosen: what one request carries; larger files go alone, out of the page cache.
constexpr std::uint64_t kMostTogether = std::uint64_t{4} << 20;

}  // namespace

std::uint64_t Upload::file_bytes() const {
  std::uint64_t size = 0;
  for (const std::string& name : luggage_.files) size += fs::file_size(project_.folder() / name);
  return size;
}

void Upload::send_files(EnvdClient& envd) const {
  std::vector<std::string> contents;
  std::vector<std::string> paths;
  std::uint64_t size = 0;
  const auto flush = [&] {
    if (paths.empty()) return;
    std::vector<std::pair<std::string, std::string_view>> files;
    for (std::size_t at = 0; at < paths.size(); ++at) files.emplace_back(paths[at], contents[at]);
    envd.write_together(files);
    paths.clear();
    contents.clear();
    size = 0;
  };
  for (const std::string& name : luggage_.files) {
    const fs::path file = project_.folder() / name;
    const std::string path = in_sandbox_project(name);
    const std::uint64_t file_size = fs::file_size(file);
    if (file_size > kMostTogether || !EnvdClient::can_go_together(path)) {
      envd.write(path, MappedFile(file).bytes());
      continue;
    }
    if (size + file_size > kMostTogether) flush();
    paths.push_back(path);
    contents.push_back(read_file(file));
    size += file_size;
  }
  flush();
}

std::uint64_t Upload::pack() {
  if (program_.empty()) program_ = parts_.program.packed();
  if (parts_.engine && engine_.empty()) engine_ = parts_.engine->packed();
  return program_.size() + engine_.size();
}

void Upload::send_program(EnvdClient& envd) const {
  const std::string folder = uploaded_program_folder(parts_.program.digest());
  // Its name and its rights it gets when it is started: an upload that was cut is no program.
  envd.write(cat(folder, "/osiris.part"), program_, EnvdClient::Encoding::kGzip);
  // Without it the worker says what is missing.
  if (parts_.engine) envd.write(cat(folder, "/lib/libduckdb.so.zst"), engine_);
}

}  // namespace osiris::remote
