#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "component/component.h"

namespace osiris {

/// The step that would read a file exactly, proposed from a bounded sample of it.
struct Proposal {
  std::string component;
  Json config;                                               ///< as a step would have it
  std::vector<std::pair<std::string, std::string>> columns;  ///< name, type
  std::uint64_t sample_bytes = 0, sample_rows = 0;
  bool is_whole = false;           ///< the sample was all of the file
  std::vector<std::string> notes;  ///< what a person should look at
};

/// A family that reads files: `propose` gets a path as a config would have it, and proposes nothing for a
/// file of another kind. Errors: those of reading the file.
struct Proposer {
  std::string_view family;
  std::function<std::optional<Proposal>(const std::string& path, Context& context)> propose;
};

/// Every components/<family>/proposal.cc of the build, which defines osiris::<family>::propose(). See
/// cmake/components.cmake.
const std::vector<Proposer>& all_proposers();

}  // namespace osiris
