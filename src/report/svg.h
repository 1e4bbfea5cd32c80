#pragma once

#include <string>

/// Pieces of drawings as SVG. Lengths are pixels at full size.
namespace osiris::svg {

/// A coordinate without more digits than a screen shows.
std::string at(double value);
/// The head of a drawing. `label` says what it shows to whoever cannot see it.
/// `role`: "img", or "group" where there are links inside. `more`: further attributes.
std::string opened(double width, double height, const std::string& kind, const std::string& label,
                   const std::string& role = "img", const std::string& more = {});
std::string text(double x, double y, const std::string& kind, const std::string& content);
/// What shows when the pointer rests on the element around it.
std::string title(const std::string& content);
/// Marks of a time axis and the lines above them, from 0 to `duration_ms`.
std::string time_axis(double left, double width, double bottom, double duration_ms);

}  // namespace osiris::svg
