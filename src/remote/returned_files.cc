#include "remote/returned_files.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "remote/envd_client.h"
#include "remote/worker_start.h"
#include "session/artifact_file.h"

namespace osiris::remote {

namespace {

/// Chosen: as many requests as hide the way there and back; each is a connection.
constexpr std::size_t kMostAtOnce = 8;

[[noreturn]] void refuse_name(const std::string& name) {
  throw Error(ErrorKind::kConnection, "remote.damaged",
              cat("the worker names a file that is none of the run: '", name, "'"), "run again");
}

/// A path that the worker names, below a folder of ours. What runs in a sandbox can say anything.
fs::path inside(const fs::path& folder, const std::string& name) {
  const fs::path relative = fs::path(name).lexically_normal();
  const bool is_inside =
      !relative.empty() && !relative.is_absolute() && *relative.begin() != ".." && relative != ".";
  if (!is_inside) refuse_name(name);
  return folder / relative;
}

void move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write '", to.string(), "'"));
}

bool is_at_or_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

ReturnedFiles::ReturnedFiles(const SandboxAddress& address, const Project& project, const Luggage& luggage,
                             Session& session, Cancellation& cancellation)
    : address_(address),
      project_(project),
      luggage_(luggage),
      session_(session),
      cancellation_(cancellation) {}

fs::path ReturnedFiles::target_of(const std::string& name) const {
  const fs::path target = inside(project_.folder(), name);
  const bool is_wanted = std::ranges::any_of(luggage_.targets, [&](const std::string& wanted) {
    return is_at_or_below(target, (project_.folder() / wanted).lexically_normal());
  });
  if (!is_wanted) refuse_name(name);
  return target;
}

void ReturnedFiles::add_artifact(const Json& event) {
  const std::string path = event.value("path", ""), target = event.value("target", "");
  const fs::path kept = inside(session_.folder(), path);
  files_.push_back({.there = in_sandbox_project(cat("logs/", session_.id(), "/", path)),
                    .here = kept,
                    .sha256 = event.value("sha256", ""),
                    .size_bytes = event.value("size_bytes", std::uint64_t{0}),
                    .told = path});
  if (!target.empty()) deliveries_.push_back({kept, target_of(target), event.value("in_place", false)});
}

void ReturnedFiles::add_tree(const Json& tree) {
  const std::string name = tree.value("path", "");
  const fs::path target = target_of(name);
  const fs::path part = target.string() + cat(".", ::getpid(), ".part");
  for (const Json& file : tree.value("files", Json::array())) {
    const std::string path = file.value("path", "");
    files_.push_back({.there = in_sandbox_project(cat(name, "/", path)),
                      .here = inside(part, path),
                      .sha256 = file.value("sha256", ""),
                      .size_bytes = file.value("size_bytes", std::uint64_t{0}),
                      .told = cat(name, "/", path)});
  }
  // The tree has its files, whatever the artifacts say of some of them.
  std::erase_if(deliveries_,
                [&](const Delivery& delivery) { return is_at_or_below(delivery.target, target); });
  trees_.push_back({part, target});
}

void ReturnedFiles::add_log(const std::string& path) {
  files_.push_back(
      {.there = in_sandbox_project(path), .here = session_.folder() / "remote" / fs::path(path).filename()});
}

void ReturnedFiles::fetch_one(EnvdClient& envd, const File& file) {
  const auto began = std::chrono::steady_clock::now();
  const fs::path part = file.here.string() + ".part";
  const std::string came = envd.download(file.there, part, file.size_bytes);
  if (!file.sha256.empty() && came != file.sha256) {
    throw Error(ErrorKind::kConnection, "remote.damaged", cat("a file came back damaged: '", file.told, "'"),
                "run again")
        .retryable();
  }
  move_file(part, file.here);
  if (file.told.empty()) return;
  const auto elapsed = std::chrono::steady_clock::now() - began;
  std::error_code none;
  session_.emit(ArtifactDownloaded{file.told, fs::file_size(file.here, none),
                                   std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count()});
}

void ReturnedFiles::fetch() {
  std::set<fs::path> folders;
  for (const File& file : files_) folders.insert(file.here.parent_path());
  for (const fs::path& folder : folders) make_folders(folder);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> problem;
  const auto work = [&] {
    EnvdClient envd(address_, cancellation_);
    for (std::size_t at = next++; at < files_.size(); at = next++) {
      try {
        fetch_one(envd, files_[at]);
      } catch (const Error& error) {
        const std::lock_guard lock(mutex);
        if (!problem) problem = error;
        next = files_.size();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t count = std::min(kMostAtOnce, files_.size()); count > 0; --count)
      threads.emplace_back(work);
  }
  if (problem) throw Error(*problem);
  deliver();
}

void ReturnedFiles::deliver() {
  for (const Delivery& delivery : deliveries_)
    deliver_file(delivery.kept, delivery.target,
                 delivery.is_written_into ? Keeping::kSnapshot : Keeping::kLink);
  for (const Tree& tree : trees_) {
    make_folders(tree.part);
    const fs::path old = tree.part.string() + ".old";
    std::error_code none;
    fs::rename(tree.target, old, none);
    move_file(tree.part, tree.target);
    fs::remove_all(old, none);
  }
}

}  // namespace osiris::remote
