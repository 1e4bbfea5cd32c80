#include "compile/incremental.h"

#include <map>

#include "base/text.h"

namespace osiris {

namespace {

class IncrementalCheck {
 public:
  IncrementalCheck(const std::vector<ManifestStep>& steps, const std::string& file,
                   const KeepsMarks& keeps_marks, Diagnostics& diagnostics)
      : steps_(steps), file_(file), keeps_marks_(keeps_marks), diagnostics_(diagnostics) {}

  void check(const ManifestStep& extractor) {
    const ManifestStep* writer = find_incremental_writer(steps_, extractor);
    if (writer == nullptr) {
      return report(extractor, "oml.incremental_target",
                    "the rows of an incremental read must end in exactly one writer, which keeps its mark",
                    "give each writer an extractor of its own");
    }
    const auto [other, is_first] = extractor_of_.emplace(writer->id, extractor.id);
    if (!is_first) {
      report(extractor, "oml.incremental_target",
             cat("two incremental reads end in the writer '", writer->id, "'; it can keep one mark"),
             cat("read '", other->second, "' whole, or give it a writer of its own"));
    }
    check_lookback(extractor, *writer);
    check_mode(extractor, *writer);
  }

 private:
  void report(const ManifestStep& step, const std::string& code, const std::string& message,
              const std::string& hint) {
    Location location = Location::parse(step.location);
    location.file = file_;
    diagnostics_.add({Finding::Severity::kError, code, message, hint, location, step.id});
  }

  static std::string mode_of_writer(const ManifestStep& writer) {
    return writer.config.value("write_mode", "");
  }

  void check_lookback(const ManifestStep& extractor, const ManifestStep& writer) {
    const std::string lookback = extractor.config["incremental"].value("lookback", "");
    if (lookback.empty()) return;
    if (!parse_duration_ms(lookback) && !parse_integer(lookback)) {
      report(extractor, "oml.incremental_lookback", cat("not a duration or a whole number: '", lookback, "'"),
             "write lookback: 10m, or lookback: \"1000\" for a numeric cursor");
    }
    if (mode_of_writer(writer) != "upsert") {
      report(extractor, "oml.incremental_lookback",
             cat("a lookback reads rows again, and '", writer.id, "' would write them twice"),
             "use write_mode: upsert with a primary_key, or leave lookback out");
    }
  }

  void check_mode(const ManifestStep& extractor, const ManifestStep& writer) {
    const std::string mode = mode_of_writer(writer);
    const bool replaces = mode == "replace" || mode == "overwrite" || mode == "truncate";
    // A file of the new rows alone is a fair wish; a table of them is a mistake.
    if (writer.connection.empty()) return;
    if (!replaces && mode != "upsert" && !keeps_marks_(writer)) {
      report(extractor, "oml.incremental_mode",
             cat("by the connection of '", writer.id,
                 "' the mark cannot be kept in the transaction of the rows, which could then come twice"),
             cat("use write_mode: upsert with a primary_key, or give ", writer.connection,
                 " the address of the database itself"));
    }
    if (!replaces) return;
    report(extractor, "oml.incremental_mode",
           cat("write_mode '", mode, "' of '", writer.id, "' would keep the new rows only"),
           "use append or upsert");
  }

  const std::vector<ManifestStep>& steps_;
  const std::string& file_;
  const KeepsMarks& keeps_marks_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::string> extractor_of_;  ///< writer → the incremental read that ends in it
};

std::vector<const ManifestStep*> readers_of(const std::vector<ManifestStep>& steps, const std::string& id) {
  std::vector<const ManifestStep*> readers;
  for (const ManifestStep& step : steps) {
    for (const ManifestStep::Input& input : step.inputs) {
      if (input.step_id == id) readers.push_back(&step);
    }
  }
  return readers;
}

}  // namespace

bool is_incremental(const ManifestStep& step) {
  return step.config.contains("incremental") && step.config["incremental"].is_object();
}

const ManifestStep* find_incremental_writer(const std::vector<ManifestStep>& steps,
                                            const ManifestStep& extractor) {
  const ManifestStep* step = &extractor;
  while (step->mode != "write") {
    const auto readers = readers_of(steps, step->id);
    if (readers.size() != 1) return nullptr;
    step = readers.front();
  }
  return step;
}

void check_incremental_reads(const std::vector<ManifestStep>& steps, const std::string& file,
                             const KeepsMarks& keeps_marks, Diagnostics& diagnostics) {
  IncrementalCheck check(steps, file, keeps_marks, diagnostics);
  for (const ManifestStep& step : steps) {
    if (is_incremental(step)) check.check(step);
  }
}

}  // namespace osiris
