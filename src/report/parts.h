#pragma once

#include <string>

#include "report/run_story.h"

/// The parts of a run's page, each as HTML. All but the overview stand inside of a section.
namespace osiris {

/// The verdict first; of a run that failed, its error.
std::string overview_part(const RunStory& story);
/// Empty where there was no warning.
std::string warnings_part(const RunStory& story);
std::string timeline_part(const RunStory& story);
std::string connections_part(const RunStory& story);
std::string metrics_part(const RunStory& story);
std::string artifacts_part(const RunStory& story);
std::string explorer_part(const RunStory& story);
std::string compare_part(const RunStory& story);

}  // namespace osiris
