#pragma once

#include <string>
#include <vector>

#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// A pipeline of two steps in two words: where the rows come from and where they go.
struct NewPipeline {
  std::string from;                        ///< "@family.alias:table", "csv:in/orders.csv" or a path
  std::string to;                          ///< the same
  std::string write_mode{};                ///< empty: the writer's own
  std::vector<std::string> primary_key{};  ///< of an upsert
  bool creates_table = false;              ///< where it is not there
};

/// The name of the pipeline and of its file: that of the table or the file that is read.
std::string name_of(const NewPipeline& wanted);

/// The pipeline's text, which compiles. A file that is read is looked at; no connection is opened.
/// Errors: kUser "agent.no_such_end" for what is neither of these, those of discover_file(), and the first
/// finding of the validator.
std::string write_new_pipeline(const NewPipeline& wanted, const Project& project, const Registry& registry);

}  // namespace osiris
