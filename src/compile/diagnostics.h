#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace osiris {

/// One thing that is wrong, or doubtful, in a pipeline file.
struct Finding {
  enum class Severity { kError, kWarning };

  Severity severity = Severity::kError;
  std::string code;
  std::string message;
  std::string hint;
  Location location;
  std::string step_id;  ///< empty where it concerns the whole file
};

/// Collects findings, so that all of them are reported at once.
class Diagnostics {
 public:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  /// Takes an Error that reading a part of the file threw.
  void add(const Error& error, const std::string& step_id = {});

  /// In the order of the file.
  std::vector<Finding> sorted() const;
  bool has_errors() const;

 private:
  std::vector<Finding> findings_;
};

Json to_json(const Finding& finding);
/// `error` for the first error, and all findings in the lists `errors` and `warnings`.
Json findings_json(const std::vector<Finding>& findings);

}  // namespace osiris
