#include "report/parts.h"

#include <zlib.h>

#include "base/error.h"
#include "base/text.h"
#include "report/html.h"

namespace osiris {

namespace {

/// Deflated, in base64: the page's script unpacks it.
std::string packed(const std::string& text) {
  constexpr std::size_t kLarge = 4 << 20;
  std::string bytes(compressBound(text.size()), '\0');
  uLongf size = bytes.size();
  const int level = text.size() > kLarge ? Z_BEST_SPEED : Z_BEST_COMPRESSION;
  const int result = compress2(reinterpret_cast<Bytef*>(bytes.data()), &size,
                               reinterpret_cast<const Bytef*>(text.data()), text.size(), level);
  invariant(result == Z_OK, "memory is there for as many bytes as they can become");
  bytes.resize(size);
  return to_base64(bytes);
}

}  // namespace

std::string explorer_part(const RunStory& story) {
  std::string steps = "<option value=\"\">every step</option>";
  for (const StepStory& step : story.steps)
    steps += cat("<option value=\"", escaped(step.id), "\">", escaped(step.id), "</option>");
  std::string out =
      cat("<div class=\"filters\"><select id=\"kind\" aria-label=\"What to list\"><option "
          "value=\"events\">Events</option>"
          "<option value=\"metrics\">Metrics</option><option value=\"log\">Log</option></select>"
          "<select id=\"step\" aria-label=\"Step\">",
          steps,
          "</select><select id=\"level\" aria-label=\"Level\"><option value=\"\">every level</option>"
          "<option value=\"bad\">warnings and errors</option></select>"
          "<input id=\"find\" type=\"search\" placeholder=\"Find\" aria-label=\"Find in the list\"></div>"
          "<div class=\"list\" id=\"entries\" tabindex=\"0\" role=\"region\" aria-label=\"Events, metrics, "
          "log\"></div>"
          "<p class=\"key\" id=\"found\"></p><noscript><p>The list needs JavaScript; the files are in the "
          "session's folder.</p></noscript>");
  const auto data = [&](const std::string& kind, const std::string& text) {
    out += cat("<script type=\"text/plain\" id=\"", kind, "-data\">", packed(text), "</script>");
  };
  data("events", story.detail.event_lines);
  data("metrics", story.metrics);
  data("log", story.log);
  return out;
}

}  // namespace osiris
