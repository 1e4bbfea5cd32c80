#include "sandbox/template_files.h"

#include <array>
#include <charconv>
#include <chrono>

#include <unistd.h>

#include "base/child_process.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// Chosen: each is a mount or an open file of every sandbox that is made of the template.
constexpr std::size_t kMostFiles = 200;

[[noreturn]] void refuse_template(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", message);
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

/// Sandboxes write there, so they get copies.
bool is_of_the_user(const fs::path& path) {
  return is_below(path, "/home/user") || is_below(path, "/tmp") || is_below(path, "/var/tmp");
}

void check_destination(const fs::path& path) {
  for (const char* name :
       {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/dev", "/etc"}) {
    if (path == name || is_below(path, name))
      throw Error(ErrorKind::kUser, "sandbox.unimplemented",
                  cat("a template cannot have files of its own there: '", path.string(), "'"));
  }
}

unsigned octal_mode(const std::string& text) {
  unsigned mode = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (problem != std::errc() || end != text.data() + text.size() || mode > 07777)
    refuse_template(cat("a COPY step has a mode that is none: '", text, "'"));
  return mode;
}

/// Sets the rights that a sandbox sees, and refuses what is neither file nor folder: a link would be followed
/// outside of the sandbox.
void set_rights(const fs::path& path, const std::string& mode) {
  constexpr auto kReadable = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
  constexpr auto kSearchable = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  const fs::file_status status = fs::symlink_status(path);
  if (fs::is_directory(status)) {
    fs::permissions(path, status.permissions() | kReadable | kSearchable);
  } else if (!fs::is_regular_file(status)) {
    refuse_template(cat("a template takes files and folders only: '", path.filename().string(), "'"));
  } else {
    fs::permissions(
        path, mode.empty() ? status.permissions() | kReadable : static_cast<fs::perms>(octal_mode(mode)));
  }
}

/// What goes where: a file to the destination or into it, a folder's content into it.
std::vector<ContainerFile> placed(const fs::path& unpacked, const std::string& source,
                                  const fs::path& destination, bool is_into) {
  const fs::path whole = (unpacked / fs::path(source).relative_path()).lexically_normal();
  if (whole != unpacked && !is_below(whole, unpacked))
    refuse_template(cat("a COPY step leaves its folder: '", source, "'"));
  if (fs::is_regular_file(fs::symlink_status(whole)))
    return {{whole, is_into ? destination / whole.filename() : destination, std::nullopt}};
  // A pattern is no path; what it matched is all that was sent.
  const fs::path folder = fs::is_directory(fs::symlink_status(whole)) ? whole : unpacked;
  std::vector<ContainerFile> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files.push_back({entry.path(), destination / entry.path().filename(), std::nullopt});
  return files;
}

/// The file, or those of the folder, each as a copy.
void add_copies(const ContainerFile& file, std::vector<ContainerFile>& copies) {
  const auto add = [&](const fs::path& source, const fs::path& destination) {
    copies.push_back({source, destination, static_cast<unsigned>(fs::status(source).permissions())});
  };
  if (!fs::is_directory(file.source)) return add(file.source, file.destination);
  for (const auto& entry : fs::recursive_directory_iterator(file.source)) {
    if (entry.is_regular_file())
      add(entry.path(), file.destination / entry.path().lexically_relative(file.source));
  }
}

}  // namespace

std::vector<ContainerFile> copied_files(const fs::path& unpacked, const std::vector<std::string>& arguments,
                                        const fs::path& folder) {
  if (arguments.size() < 2) refuse_template("a COPY step needs a source and a destination");
  const std::string mode = arguments.size() > 3 ? arguments[3] : "";
  for (const auto& entry : fs::recursive_directory_iterator(unpacked)) set_rights(entry.path(), mode);
  const bool is_into = arguments[1].ends_with('/') || arguments[1] == "." || arguments[1].empty();
  fs::path destination = (folder / arguments[1]).lexically_normal();
  if (!destination.has_filename()) destination = destination.parent_path();
  std::vector<ContainerFile> files;
  for (ContainerFile& file : placed(unpacked, arguments[0], destination, is_into)) {
    if (is_of_the_user(file.destination)) {
      add_copies(file, files);
    } else {
      check_destination(file.destination);
      files.push_back(std::move(file));
    }
  }
  if (files.size() > kMostFiles)
    refuse_template(
        cat("a template has at most ", kMostFiles, " files: put more into a folder outside of the home"));
  return files;
}

void unpack_archive(const fs::path& archive, const fs::path& folder) {
  constexpr std::chrono::minutes kPatience{5};
  make_folders(folder);
  ChildProcess::Options options;
  options.command = {"tar", "--extract", "--gzip", "--no-same-owner", "--file", archive.string()};
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  options.folder = folder;
  ChildProcess tar(options);
  if (tar.wait(kPatience) != 0) refuse_template("the files of a COPY step are no tar.gz");
}

}  // namespace osiris::sandbox
