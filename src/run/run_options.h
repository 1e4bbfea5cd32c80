#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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

/// A run on behalf of a session that another machine began.
struct RelayedRun {
  std::int64_t session_ms = 0;                      ///< the number in its name
  std::function<void(std::string_view)> take_line;  ///< every line of its events and metrics
};

struct RunOptions {
  std::optional<std::uint64_t> row_limit;  ///< each extractor stops after so many rows
  bool fail_fast = false;                  ///< a failure stops the independent branches too
  std::size_t jobs = 0;                    ///< groups of steps at the same time; 0: as many as processors
  ReadRange range{};                       ///< of incremental reads
  std::optional<Resume> resume{};
  bool installs_packages = false;  ///< that scripts miss
  std::optional<RelayedRun> relayed{};
};

}  // namespace osiris
