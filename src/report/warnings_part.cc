#include "report/parts.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "report/html.h"

namespace osiris {

namespace {

constexpr std::size_t kMostWarnings = 20;

}  // namespace

std::string warnings_part(const RunStory& story) {
  const auto warnings = story.detail.all<Warning>();
  const std::size_t count = warnings.size();
  std::string out;
  for (const Warning& warning : std::span(warnings).first(std::min(count, kMostWarnings))) {
    out += cat("<p>", warning.step_id.empty() ? "" : cat("<b>", isolated(warning.step_id), "</b>: "),
               isolated(warning.message),
               warning.hint.empty() ? "" : cat(" <span class=\"soft\">", isolated(warning.hint), "</span>"),
               " <code>", escaped(warning.code), "</code></p>");
  }
  if (count > kMostWarnings)
    out += cat("<p class=\"soft\">and ", with_thousands(count - kMostWarnings),
               " more, in the list of events</p>");
  return out;
}

}  // namespace osiris
