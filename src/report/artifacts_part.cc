#include "report/parts.h"

#include "base/text.h"
#include "report/html.h"

namespace osiris {

namespace {

std::string preview(const ArtifactStory& artifact) {
  if (artifact.rows.empty()) return "<p class=\"soft\">No preview of this kind of file.</p>";
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  for (const std::string& name : artifact.rows.front())
    out += cat("<th scope=\"col\">", isolated(name), "</th>");
  out += "</tr></thead><tbody>";
  for (std::size_t index = 1; index < artifact.rows.size(); ++index) {
    out += "<tr>";
    for (const std::string& cell : artifact.rows[index])
      out += cat("<td class=\"cell\">", isolated(cell), "</td>");
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

}  // namespace

std::string artifacts_part(const RunStory& story) {
  std::string out;
  for (const ArtifactStory& artifact : story.artifacts) {
    const ArtifactWritten& written = artifact.written;
    out += cat("<details><summary><b>", isolated(written.target.empty() ? written.path : written.target),
               "</b> <span class=\"soft\">", human_bytes(written.size_bytes), " · by ",
               isolated(written.step_id), "</span></summary><div><p class=\"soft\">kept as <code>",
               escaped(written.path), "</code>",
               written.sha256.empty() ? "" : cat("<br><code>", escaped(written.sha256), "</code>"), "</p>",
               preview(artifact), "</div></details>");
  }
  return out.empty() ? "<p class=\"soft\">The run delivered no files.</p>" : out;
}

}  // namespace osiris
