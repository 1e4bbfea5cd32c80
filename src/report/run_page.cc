#include "report/run_page.h"

#include "base/text.h"
#include "report/html.h"
#include "report/parts.h"

namespace osiris {

namespace {

std::string navigation(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string out = "<nav aria-label=\"Parts of the report\">";
  for (const auto& [id, title] : parts) out += cat("<a href=\"#", id, "\">", title, "</a> ");
  return out + "</nav>";
}

/// The run for machines: everything but what the list of events has.
std::string machine_json(const RunStory& story) {
  Json run = outline_json(story.detail);
  if (story.start) run["fingerprint"] = story.start->fingerprint;
  if (story.manifest) {
    run["manifest_steps"] = Json::array();
    for (const ManifestStep& step : story.manifest->steps) {
      Json inputs = Json::array();
      for (const auto& input : step.inputs) inputs.push_back(input.step_id);
      run["manifest_steps"].push_back(
          {{"id", step.id}, {"component", step.component}, {"inputs", inputs}, {"config", step.config}});
    }
  }
  return cat("<script type=\"application/json\" id=\"run\">", script_json(run), "</script>");
}

}  // namespace

std::string run_page(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string body = overview_part(story);
  body += navigation({{"timeline", "Execution timeline"},
                      {"connections", "Connection details"},
                      {"metrics", "Metrics dashboard"},
                      {"artifacts", "Artifact browser"},
                      {"events", "Events, metrics, log"},
                      {"compare", "Compare"}});
  body += "<main>";
  body += section("warnings", "Warnings", warnings_part(story));
  body += section("timeline", "Execution timeline", timeline_part(story));
  body += section("connections", "Connection details", connections_part(story));
  body += section("metrics", "Metrics dashboard", metrics_part(story));
  body += section("artifacts", "Artifact browser", artifacts_part(story));
  body += section("events", "Events, metrics, log", explorer_part(story));
  body += section("compare", "Compare", compare_part(story));
  body += "</main>";
  body += machine_json(story);
  return whole_run_page(cat(summary.pipeline, " – ", to_string(summary.status), " – ", summary.id), body);
}

}  // namespace osiris
