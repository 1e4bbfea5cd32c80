#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace osiris {

/// Which rows incremental reads want, where that is not the rows after their marks.
struct ReadRange {
  bool is_full_refresh = false;         ///< all rows, and the target's old ones go
  std::optional<std::string> from, to;  ///< cursor values: from ≤ cursor < to
};

/// An earlier run whose work is not done again.
struct Resume {
  std::string session;       ///< the first of the sessions that tried; its loads bear its name
  std::string last_session;  ///< the one that is taken up
  std::map<std::string, std::uint64_t> complete;  ///< steps that ended well there → rows they wrote
};

struct RunOptions {
  std::optional<std::uint64_t> row_limit;  ///< each extractor stops after so many rows
  bool fail_fast = false;                  ///< a failure stops the independent branches too
  std::size_t jobs = 0;                    ///< groups of steps at the same time; 0: as many as processors
  ReadRange range{};                       ///< of incremental reads
  std::optional<Resume> resume{};
  bool installs_packages = false;  ///< that scripts miss
};

}  // namespace osiris
