#include "run/pipeline_source.h"

#include "base/clock.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "run/pinned_files.h"
#include "session/last_compile.h"

namespace osiris {

namespace {

constexpr std::string_view kParamPrefix = "OSIRIS_PARAM_";

ParamSources param_sources(const PipelineRequest& request, const Environment& environment) {
  ParamSources sources;
  sources.profile = request.profile;
  for (const std::string& name : environment.names_with_prefix(kParamPrefix)) {
    const auto value = environment.plain(name);
    if (value) sources.environment.emplace_back(to_lower(name.substr(kParamPrefix.size())), *value);
  }
  sources.command_line = request.params;
  return sources;
}

PipelineSource read_oml_file(const PipelineRequest& request, std::string text, const Project& project,
                             const Registry& registry) {
  PipelineSource source;
  source.file_text = std::move(text);
  CompileResult result =
      compile(source.file_text, request.shown_file, param_sources(request, project.environment()),
              project.connections(), registry);
  source.name = result.name;
  source.findings = result.diagnostics.sorted();
  if (result.manifest) {
    pin_files(*result.manifest, registry, project.folder());
    std::string manifest_text = print_manifest(*result.manifest);
    source.manifest = {std::move(*result.manifest), std::move(manifest_text), {}};
  }
  return source;
}

PipelineSource read_manifest_file(const PipelineRequest& request, const std::string& text,
                                  const std::string& shown) {
  if (request.profile || !request.params.empty()) {
    throw Error(ErrorKind::kUser, "cli.usage", "a manifest's parameters are fixed",
                "compile the pipeline again with --param or --profile, or run the OML file itself");
  }
  PipelineSource source;
  source.manifest = {parse_manifest(text, shown, request.accept_edited), text, shown};
  source.name = source.manifest->manifest.name;
  return source;
}

PipelineSource read_last_compiled(const PipelineRequest& request, const Project& project) {
  const auto last = read_last_compile(project.logs_folder());
  if (!last) {
    throw Error(ErrorKind::kUser, "manifest.no_last_compile", "nothing was compiled here yet",
                "osiris compile pipeline.oml");
  }
  PipelineSource source =
      read_manifest_file(request, read_file(project.folder() / last->manifest), last->manifest);
  const auto oml = read_file_if_exists(project.folder() / last->oml);
  if (oml && fingerprint(*oml) != last->oml_fingerprint) {
    source.notices.push_back(
        cat(last->oml, " has changed since it was compiled; this runs what was compiled"));
  }
  return source;
}

/// The path as the project knows it; absolute where it lies elsewhere.
std::string project_path_of(const fs::path& path, const Project& project) {
  const fs::path relative = fs::absolute(path).lexically_normal().lexically_relative(project.folder());
  const bool is_below = !relative.empty() && *relative.begin() != "..";
  return is_below ? relative.string() : fs::absolute(path).lexically_normal().string();
}

bool is_last_compiled(const Project& project, const std::string& manifest_text) {
  const auto last = read_last_compile(project.logs_folder());
  if (!last) return false;
  const auto text = read_file_if_exists(project.folder() / last->manifest);
  return text && *text == manifest_text;
}

}  // namespace

PipelineSource load_pipeline(const PipelineRequest& request, const Project& project,
                             const Registry& registry) {
  if (!request.file) return read_last_compiled(request, project);
  std::string text = read_file(*request.file);
  if (looks_like_manifest(text)) return read_manifest_file(request, text, request.shown_file);
  return read_oml_file(request, std::move(text), project, registry);
}

CompileReport compile_pipeline(const PipelineRequest& request, const std::optional<fs::path>& copy_to,
                               const Project& project, const Registry& registry) {
  const std::int64_t begin_us = steady_us();
  CompileReport report;
  report.source = read_oml_file(request, read_file(*request.file), project, registry);
  if (!report.source.manifest) return report;
  const std::string& text = report.source.manifest->text;
  report.fingerprint = manifest_fingerprint(text);
  report.is_unchanged = is_last_compiled(project, text);

  Session session(project.logs_folder(), "compile", now_ms);
  const std::string oml = project_path_of(*request.file, project);
  const fs::path folder = session.folder() / session.id();
  make_folders(folder);
  report.session_id = session.id();
  report.manifest_path = folder / "manifest.yaml";
  write_file_atomically(report.manifest_path, text);
  const std::string manifest = project_path_of(report.manifest_path, project);
  session.emit(CompileComplete{report.source.name, oml, manifest, report.fingerprint, report.is_unchanged,
                               (steady_us() - begin_us) / 1000});
  session.end(SessionStatus::kSuccess, 0, std::nullopt);
  write_last_compile(project.logs_folder(), {manifest, oml, fingerprint(report.source.file_text)});
  if (copy_to) {
    make_folders(*copy_to);
    write_file_atomically(*copy_to / "manifest.yaml", text);
  }
  return report;
}

Json to_json(const CompileReport& report, const std::string& manifest) {
  return {{"status", "success"},
          {"unchanged", report.is_unchanged},
          {"pipeline", report.source.name},
          {"manifest", manifest},
          {"fingerprint", report.fingerprint},
          {"session_id", report.session_id},
          {"warnings", findings_json(report.source.findings)["warnings"]}};
}

}  // namespace osiris
