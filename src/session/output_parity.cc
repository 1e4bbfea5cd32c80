#include "session/output_parity.h"

#include <algorithm>
#include <fstream>
#include <map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::size_t kMostShown = 80;

/// A file's lines as their hashes, in their order.
std::vector<std::uint64_t> line_hashes(const fs::path& path) {
  std::vector<std::uint64_t> hashes;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) hashes.push_back(XXH64(line.data(), line.size(), 0));
  return hashes;
}

/// The first line whose hash is one of these.
std::string first_line_of(const fs::path& path, const std::vector<std::uint64_t>& hashes) {
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    if (std::ranges::binary_search(hashes, XXH64(line.data(), line.size(), 0)))
      return shortened(is_valid_utf8(line) ? line : to_hex(line), kMostShown);
  }
  return {};
}

bool is_text(const fs::path& path) {
  constexpr std::size_t kLooked = 8192;
  std::string beginning(kLooked, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(file.gcount()));
  const bool is_compressed = beginning.starts_with("\x1f\x8b") || beginning.starts_with("\x28\xb5\x2f\xfd");
  return !is_compressed && beginning.find('\0') == std::string::npos;
}

OutputParity compare_lines(const fs::path& before, const fs::path& after, OutputParity output) {
  const auto sorted = [](const fs::path& path) {
    std::vector<std::uint64_t> hashes = line_hashes(path);
    std::ranges::sort(hashes);
    return hashes;
  };
  const std::vector<std::uint64_t> old = sorted(before), now = sorted(after);
  std::vector<std::uint64_t> gone, come;
  std::ranges::set_difference(old, now, std::back_inserter(gone));
  std::ranges::set_difference(now, old, std::back_inserter(come));
  if (gone.empty() && come.empty()) {
    output.parity = Parity::kVerified;
    return output;
  }
  output.parity = Parity::kDifferent;
  if (come.empty()) {
    output.difference = cat("only before: '", first_line_of(before, gone), "'");
  } else if (gone.empty()) {
    output.difference = cat("only after: '", first_line_of(after, come), "'");
  } else {
    output.difference = cat("'", first_line_of(before, gone), "' became '", first_line_of(after, come), "'");
  }
  return output;
}

/// What one run left of a step.
struct Left {
  const StepTally* tally = nullptr;
  std::string digest;
  std::map<std::string, std::string> files;  ///< path in the session → fingerprint
};

class Comparer {
 public:
  Comparer(const SessionDetail& before, const SessionDetail& after) : before_(before), after_(after) {}

  OutputParity compare(const std::string& step_id) const {
    const Left old = left_of(before_, step_id), now = left_of(after_, step_id);
    OutputParity output{step_id, Parity::kDifferent, {}};
    if (old.tally == nullptr || now.tally == nullptr) {
      output.difference = cat("only ", old.tally == nullptr ? "after" : "before");
      return output;
    }
    if (old.tally->status != now.tally->status) {
      output.difference =
          cat(to_string(old.tally->status), " before, ", to_string(now.tally->status), " after");
      return output;
    }
    if (old.files != now.files) {
      output = compare_files(old, now, output);
      if (output.parity == Parity::kDifferent) return output;
    }
    output.parity = Parity::kDifferent;
    if (old.tally->rows_written != now.tally->rows_written) {
      output.difference = cat(counted(old.tally->rows_written, "row"), " before, ",
                              counted(now.tally->rows_written, "row"), " after");
      return output;
    }
    if (old.digest != now.digest) {
      output.difference = "the same number of rows, with other values";
      return output;
    }
    const bool is_known = !old.files.empty() || !old.digest.empty();
    output.parity = is_known ? Parity::kVerified : Parity::kUnknown;
    if (!is_known) output.difference = "no file and no digest tells what the rows were";
    return output;
  }

 private:
  static Left left_of(const SessionDetail& detail, const std::string& step_id) {
    Left left;
    for (const StepTally& tally : detail.steps) {
      if (tally.step_id == step_id) left.tally = &tally;
    }
    for (const StepComplete& event : detail.all<StepComplete>()) {
      if (event.step_id == step_id) left.digest = event.rows_digest;
    }
    for (const ArtifactWritten& event : detail.all<ArtifactWritten>()) {
      if (event.step_id == step_id) left.files[event.path] = event.sha256;
    }
    return left;
  }

  OutputParity compare_files(const Left& old, const Left& now, OutputParity output) const {
    for (const auto& [path, fingerprint] : old.files) {
      const auto other = now.files.find(path);
      if (other == now.files.end()) {
        output.difference = cat("only before: the file ", path);
        return output;
      }
      if (other->second == fingerprint) continue;
      const fs::path first = before_.summary.folder / path, second = after_.summary.folder / path;
      std::error_code none;
      if (!fs::is_regular_file(first, none) || !fs::is_regular_file(second, none)) {
        output.difference =
            cat("the fingerprints of ", path, " differ; a file of them is not there any more");
        return output;
      }
      if (!is_text(first) || !is_text(second)) {
        output.difference = cat("the bytes of ", path, " differ");
        return output;
      }
      output = compare_lines(first, second, output);
      if (output.parity == Parity::kDifferent) return output;
    }
    for (const auto& [path, _] : now.files) {
      if (old.files.contains(path)) continue;
      output.parity = Parity::kDifferent;
      output.difference = cat("only after: the file ", path);
      return output;
    }
    return output;
  }

  const SessionDetail& before_;
  const SessionDetail& after_;
};

std::string column_text(const ColumnChange& change) {
  if (change.type_before.empty()) return cat("the column '", change.name, "' is new");
  if (change.type_after.empty()) return cat("the column '", change.name, "' is gone");
  return cat("the column '", change.name, "' was ", change.type_before, ", and is ", change.type_after);
}

}  // namespace

std::string_view to_string(Parity parity) {
  switch (parity) {
    case Parity::kVerified:
      return "verified";
    case Parity::kDifferent:
      return "different";
    case Parity::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::optional<Parity> RunComparison::parity() const {
  if (outputs.empty()) return std::nullopt;
  const auto any = [&](Parity parity) {
    return std::ranges::any_of(outputs, [&](const OutputParity& output) { return output.parity == parity; });
  };
  if (any(Parity::kDifferent)) return Parity::kDifferent;
  return any(Parity::kUnknown) ? Parity::kUnknown : Parity::kVerified;
}

std::vector<OutputParity> compare_outputs(const SessionDetail& before, const SessionDetail& after,
                                          const std::vector<StepComparison>& steps) {
  std::vector<OutputParity> outputs;
  for (const StepComparison& step : steps) {
    if (!step.columns.empty())
      outputs.push_back({step.step_id, Parity::kDifferent, column_text(step.columns.front())});
  }
  const Comparer comparer(before, after);
  const auto is_writer = [](const SessionDetail& detail, const std::string& step_id) {
    return std::ranges::any_of(detail.steps, [&](const StepTally& tally) {
      return tally.step_id == step_id && tally.role == "writer";
    });
  };
  for (const StepComparison& step : steps) {
    if (is_writer(before, step.step_id) || is_writer(after, step.step_id))
      outputs.push_back(comparer.compare(step.step_id));
  }
  return outputs;
}

}  // namespace osiris
