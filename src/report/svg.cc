#include "report/svg.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/html.h"

namespace osiris::svg {

namespace {

/// A round step for about five marks on an axis.
double mark_step(double range) {
  const double rough = std::max(range, 1e-9) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string time_text(double ms) {
  if (ms == 0) return "0";
  if (ms < 1000) return cat(ms, " ms");
  return ms < 120'000 ? cat(ms / 1000, " s") : cat(ms / 60'000, " min");
}

}  // namespace

std::string at(double value) {
  const double rounded = std::round(value * 10) / 10;
  return cat(rounded == 0 ? 0 : rounded);
}

std::string opened(double width, double height, const std::string& kind, const std::string& label,
                   const std::string& role, const std::string& more) {
  return cat("<svg class=\"", kind, "\" viewBox=\"0 0 ", at(width), " ", at(height), "\" width=\"", at(width),
             "\" height=\"", at(height), "\" role=\"", role, "\" aria-label=\"", escaped(label), "\"",
             more.empty() ? "" : " ", more, ">");
}

std::string text(double x, double y, const std::string& kind, const std::string& content) {
  return cat("<text x=\"", at(x), "\" y=\"", at(y), "\" class=\"", kind, "\">", escaped(content), "</text>");
}

std::string title(const std::string& content) { return cat("<title>", escaped(content), "</title>"); }

std::string time_axis(double left, double width, double bottom, double duration_ms) {
  constexpr double kMarkRoom = 3, kMarkDepth = 14;
  std::string out;
  const double step = mark_step(duration_ms);
  for (double mark = 0; mark <= duration_ms; mark += step) {
    const double x = left + width * mark / duration_ms;
    out += cat("<line class=\"grid\" x1=\"", at(x), "\" y1=\"0\" x2=\"", at(x), "\" y2=\"", at(bottom),
               "\"/>", text(x + kMarkRoom, bottom + kMarkDepth, "mark", time_text(mark)));
  }
  return out;
}

}  // namespace osiris::svg
