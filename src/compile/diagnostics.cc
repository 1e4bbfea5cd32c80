#include "compile/diagnostics.h"

#include <algorithm>

namespace osiris {

void Diagnostics::add(const Error& error, const std::string& step_id) {
  add({Finding::Severity::kError, error.code(), error.message(), error.hint(), error.location(), step_id});
}

std::vector<Finding> Diagnostics::sorted() const {
  std::vector<Finding> findings = findings_;
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.location.line, a.location.column) < std::pair(b.location.line, b.location.column);
  });
  return findings;
}

bool Diagnostics::has_errors() const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [](const Finding& finding) { return finding.severity == Finding::Severity::kError; });
}

Json to_json(const Finding& finding) {
  Json json{{"code", finding.code}, {"message", finding.message}};
  if (!finding.hint.empty()) json["hint"] = finding.hint;
  if (!finding.location.empty()) json["location"] = finding.location.to_string();
  if (!finding.step_id.empty()) json["step_id"] = finding.step_id;
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json{{"errors", Json::array()}, {"warnings", Json::array()}};
  for (const Finding& finding : findings) {
    const bool is_error = finding.severity == Finding::Severity::kError;
    json[is_error ? "errors" : "warnings"].push_back(to_json(finding));
    if (!is_error || json.contains("error")) continue;
    json["error"] = {{"code", finding.code},
                     {"kind", "user"},
                     {"message", finding.message},
                     {"hint", finding.hint},
                     {"location", finding.location.to_string()},
                     {"retryable", false}};
  }
  return json;
}

}  // namespace osiris
