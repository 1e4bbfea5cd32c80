#include "session/session_bundle.h"

#include <algorithm>

#include "base/text.h"
#include "format/tar_gzip.h"
#include "session/session_files.h"

namespace osiris {

namespace {

/// Regular files below a folder, relative to it, sorted. Symbolic links are neither followed nor taken.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code problem;
  for (auto at =
           fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, problem);
       at != fs::recursive_directory_iterator(); at.increment(problem)) {
    if (at->is_regular_file(problem) && !at->is_symlink(problem))
      files.push_back(at->path().lexically_relative(folder).string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

Bundle bundle_session(const BundleRequest& request) {
  const std::string top = request.session.filename().string();
  const auto name = parse_session_name(top);
  TarGzip archive(request.output, name ? name->started_at_ms / 1000 : 0);
  Bundle bundle;
  const auto name_entry = [&](std::string_view below) {
    return bundle.entries.emplace_back(cat(top, '/', below));
  };
  for (const std::string_view file : {kStatusFile, kManifestFile, kEventsFile, kMetricsFile, kLogFile}) {
    std::error_code problem;
    if (fs::is_regular_file(request.session / file, problem))
      archive.add_file(name_entry(file), request.session / file);
  }
  for (const auto& [file, content] : request.more) archive.add(name_entry(file), content);
  for (const std::string& file : files_below(request.session / kArtifactFolder)) {
    if (request.with_artifacts) {
      archive.add_file(name_entry(cat(kArtifactFolder, '/', file)), request.session / kArtifactFolder / file);
    } else {
      ++bundle.artifact_count;
    }
  }
  archive.finish();
  bundle.has_quarantine = fs::exists(request.session / kQuarantineFolder);
  bundle.size_bytes = fs::file_size(request.output);
  return bundle;
}

}  // namespace osiris
