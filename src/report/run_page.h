#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/run_story.h"

namespace osiris {

/// A whole page around a body: style, scripts, and a policy that lets nothing else in.
std::string whole_run_page(const std::string& title, const std::string& body);
std::string whole_index_page(const std::string& title, const std::string& body);
/// What a whole page has into its first lines: which program made it.
std::string made_by();

/// The page of one session.
std::string run_page(const RunStory& story);
/// The page that leads to them. `sessions`: newest first; `has_page`: whether each has one beside it.
std::string index_page(const std::vector<SessionSummary>& sessions, const std::vector<bool>& has_page);

}  // namespace osiris
