#pragma once

#include <string>

#include "agent/dialog.h"

namespace osiris {

/// How a guided conversation ended.
struct GuidedOutcome {
  enum class End {
    kDone,         ///< the person said all there was to say, be it no
    kEndOfInput,   ///< nobody answered any more
    kInterrupted,  ///< Ctrl-C
    kFailed,       ///< what the person wanted could not be done, and they were told why
  };

  End end = End::kDone;
  std::string file, text;  ///< of the pipeline, as it was written; empty: nothing was
  Json compiled, run;      ///< as the tools answered; null: they were not asked
};

/// A conversation without a language model: asks for source, table, columns, filter, steps, targets and
/// parameters, shows the pipeline with what it will read and write, checks it, and after a yes each writes,
/// compiles and runs it by the tools that a model has. Every answer can be gone back from.
GuidedOutcome run_guided(Dialog& dialog, const Project& project, const Registry& registry,
                         const RunWatch& watch = {});

}  // namespace osiris
