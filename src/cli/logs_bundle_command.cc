#include "base/text.h"
#include "cli/command.h"
#include "cli/session_argument.h"
#include "report/run_page.h"
#include "session/session_bundle.h"

namespace osiris::cli {

namespace {

/// The session's page. Its first rows of the artifacts are data, so they stay away where the artifacts do.
std::string page_of(const Invocation& invocation, const fs::path& session, bool with_artifacts) {
  const Project& project = invocation.project();
  RunStory story = read_story(session, list_sessions(project.logs_folder()), project.folder());
  if (!with_artifacts) {
    for (ArtifactStory& artifact : story.artifacts) artifact.rows.clear();
  }
  return run_page(story);
}

std::string left_out_text(const Bundle& bundle) {
  std::vector<std::string> left_out;
  if (bundle.artifact_count > 0)
    left_out.push_back(cat(counted(bundle.artifact_count, "artifact"), " (--with-artifacts adds them)"));
  if (bundle.has_quarantine) left_out.emplace_back("the quarantined rows");
  return left_out.empty() ? "" : cat("left out: ", join(left_out, ", "), "\n");
}

Answer bundle(const Invocation& invocation) {
  const fs::path session = named_or_newest_session(invocation);
  const std::string id = session.filename().string();
  const bool with_artifacts = invocation.has("--with-artifacts");
  const fs::path output =
      invocation.working_directory() / invocation.value("--output").value_or(id + ".tar.gz");
  make_folders(output.parent_path());
  const Bundle made = bundle_session({.session = session,
                                      .output = output,
                                      .more = {{"report.html", page_of(invocation, session, with_artifacts)}},
                                      .with_artifacts = with_artifacts});
  Answer answer;
  answer.json = {{"session", id},
                 {"bundle", output.string()},
                 {"size_bytes", made.size_bytes},
                 {"entries", made.entries},
                 {"artifacts_left_out", made.artifact_count},
                 {"quarantine_left_out", made.has_quarantine}};
  answer.text = cat(invocation.shown(output), "  ", counted(made.entries.size(), "file"), ", ",
                    human_bytes(made.size_bytes), "\n", left_out_text(made));
  return answer;
}

}  // namespace

std::vector<Command> log_bundle_commands() {
  return {
      {"logs bundle",
       "[ID]",
       0,
       1,
       "Pack a session into one .tar.gz to send to a colleague",
       {{"osiris logs bundle", "the newest run, into run_<ms>.tar.gz"},
        {"osiris logs bundle --session run_12345 --output for-ada.tar.gz", "another one, under another name"},
        {"osiris logs bundle --with-artifacts", "with the files that it wrote"}},
       {session_option("The session; the newest run unless told otherwise"),
        {"--output", "FILE", "Where it goes", {}},
        {"--with-artifacts",
         "",
         "With the files that the run delivered, and their first rows in the report",
         {}}},
       bundle}};
}

}  // namespace osiris::cli
