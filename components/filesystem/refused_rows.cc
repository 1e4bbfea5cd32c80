#include "filesystem/refused_rows.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

std::string RowPlace::shown() const { return cat("'", file, "' at line ", line, ", byte ", byte_offset); }

RefusedRows::RefusedRows(const Config& config, std::string_view warning, Context& context)
    : policy_(config.text("on_bad_row")), warning_(warning), context_(context) {
  if (config.has("max_bad_rows")) most_ = static_cast<std::uint64_t>(config.integer("max_bad_rows"));
}

void RefusedRows::refuse(const RowPlace& place, const RowProblem& problem, std::string raw) {
  const std::string message =
      cat(problem.column.empty() ? "malformed row in " : "bad value in ", place.shown(), ": ",
          problem.column.empty() ? "" : cat("column '", problem.column, "': "), problem.text);
  if (policy_ == "fail") {
    throw Error(
        ErrorKind::kData, problem.code, message,
        "correct the file, check how the step reads it, or set on_bad_row: skip or quarantine to leave "
        "such rows out");
  }
  if (count_ == 0) first_ = message;
  ++count_;
  if (policy_ == "quarantine") {
    const Json source{{"file", place.file}, {"line", place.line}, {"byte_offset", place.byte_offset}};
    context_.quarantine({problem.code, problem.column, problem.text, source, std::move(raw)});
  } else {
    context_.count_skipped_rows(1);
  }
  if (most_ == 0 || count_ <= most_) return;
  throw Error(ErrorKind::kData, "file.too_many_bad_rows",
              cat("more than ", counted(most_, "bad row"), "; the last: ", message),
              "look at them, correct the file, or raise max_bad_rows");
}

void RefusedRows::report() {
  if (count_ == 0) return;
  context_.warn(warning_, cat("rows left out: ", count_, "; the first: ", first_),
                "correct the file, or set on_bad_row: fail to stop at the first such row");
  count_ = 0;
}

}  // namespace osiris::filesystem
