#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "session/events.h"
#include "session/json_fields.h"

/// The words that events have in osiris.log.
namespace osiris {

namespace {

constexpr std::string_view kInfo = "INFO", kWarning = "WARNING", kError = "ERROR";
constexpr std::string_view kContinuation = "\n    ";
constexpr std::string_view kHex = "0123456789abcdef";

/// A value on one line: it can neither begin a line of its own nor steer a terminal.
std::string one_line(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = std::min(find_invalid_utf8(text), text.size());
    for (const char c : text.substr(0, valid)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '\n') {
        out += "\\n";
      } else if (byte < 0x20 || byte == 0x7F) {
        out += cat("\\x", kHex[byte >> 4U], kHex[byte & 15U]);
      } else {
        out += c;
      }
    }
    if (valid == text.size()) break;
    out += kReplacement;
    text.remove_prefix(valid + 1);
  }
  return out;
}

/// "host=localhost, port=3306"
std::string pairs(const Json& fields) {
  std::string out;
  for (const auto& [key, value] : fields.items()) {
    if (!out.empty()) out += ", ";
    out += cat(key, '=', value.is_string() ? value.get_ref<const std::string&>() : session::to_line(value));
  }
  return out;
}

std::string described(const FailureFacts& error) {
  std::string out = cat(one_line(error.message), " [", error.code, ']');
  if (!error.location.empty()) out += cat(kContinuation, "at ", one_line(error.location));
  if (!error.hint.empty()) out += cat(kContinuation, "hint: ", one_line(error.hint));
  return out;
}

/// ": 3 inserted, 2 updated, 1 unchanged" of a merge; nothing of any other load.
std::string merged(const StepComplete& event) {
  if (!event.rows_inserted) return {};
  std::string out = cat(": ", with_thousands(*event.rows_inserted), " inserted, ",
                        with_thousands(event.rows_updated.value_or(0)), " updated, ",
                        with_thousands(event.rows_unchanged.value_or(0)), " unchanged");
  if (event.rows_deleted.value_or(0) > 0) out += cat(", ", with_thousands(*event.rows_deleted), " deleted");
  return out;
}

struct Narrator {
  LogLine operator()(const RunStart& event) const {
    return {kInfo,
            {},
            cat("run of ", one_line(event.pipeline), ", ", event.step_count, " steps, ", event.execution)};
  }
  LogLine operator()(const RunEnd& event) const {
    const std::string_view level = event.status == SessionStatus::kFailed ? kError : kInfo;
    return {level,
            {},
            cat("run ", to_string(event.status), " in ", human_duration(event.duration_ms), ": ",
                counted(event.total_rows, "row"), ", ", event.peak_memory_mb, " MB at most")};
  }
  LogLine operator()(const CompileComplete& event) const {
    return {kInfo,
            {},
            cat("compiled ", one_line(event.oml), " to ", one_line(event.manifest), " in ",
                human_duration(event.duration_ms), event.unchanged ? ", unchanged" : "")};
  }
  LogLine operator()(const StepStart& event) const {
    return {kInfo, event.step_id, cat("started, ", event.component)};
  }
  LogLine operator()(const StepComplete& event) const {
    return {kInfo, event.step_id,
            cat("complete in ", human_duration(event.duration_ms), ": ", counted(event.rows_read, "row"),
                " in, ", counted(event.rows_written, "row"), " out", merged(event))};
  }
  LogLine operator()(const LoadStarted& event) const {
    return {kInfo, event.step_id,
            cat(event.write_mode, " into ", one_line(event.table), event.created ? ", made for it" : "",
                ", by ", event.road, event.load_id.empty() ? "" : cat(", as ", one_line(event.load_id)))};
  }
  LogLine operator()(const StepSettled& event) const {
    return {kInfo, event.step_id,
            cat("done by ", one_line(event.session), ": ", counted(event.rows_written, "row"))};
  }
  LogLine operator()(const StepFailed& event) const {
    return {kError, event.step_id,
            cat("failed after ", human_duration(event.duration_ms), " and ", counted(event.rows_read, "row"),
                ": ", described(event.error))};
  }
  LogLine operator()(const StepCancelled& event) const {
    return {kWarning, event.step_id, cat("cancelled: ", one_line(event.because))};
  }
  LogLine operator()(const StepRetry& event) const {
    return {
        kWarning, event.step_id,
        cat("attempt ", event.attempt, " in ", human_duration(event.delay_ms), ": ", described(event.error))};
  }
  LogLine operator()(const ConnectionResolveComplete& event) const {
    return {event.ok ? kInfo : kError, event.step_id,
            cat("connection @", event.family, '.', event.alias,
                event.ok ? ": " : " cannot be resolved: ", one_line(pairs(event.fields)))};
  }
  LogLine operator()(const ConnectionOpenComplete& event) const {
    return {kInfo, event.step_id,
            cat("connected to @", event.family, '.', event.alias, ", ", one_line(event.server), ", in ",
                human_duration(event.duration_ms))};
  }
  LogLine operator()(const StepSchema& event) const {
    std::string columns;
    for (const ColumnFacts& column : event.columns) {
      columns += cat(columns.empty() ? "" : ", ", column.name, ' ', column.type);
    }
    return {kInfo, event.step_id, cat(one_line(event.port), ": ", one_line(columns))};
  }
  LogLine operator()(const ArtifactWritten& event) const {
    const std::string& name = event.target.empty() ? event.path : event.target;
    return {kInfo, event.step_id, cat("wrote ", one_line(name), ", ", human_bytes(event.size_bytes))};
  }
  LogLine operator()(const RowsSkipped& event) const {
    return {kWarning, event.step_id,
            cat(counted(event.row_count, "row"), " left out",
                event.quarantine.empty() ? "" : cat(", kept in ", one_line(event.quarantine)))};
  }
  LogLine operator()(const ScriptOutput& event) const {
    return {kInfo, event.step_id, cat("| ", one_line(event.text))};
  }
  LogLine operator()(const TemplateBuilt& event) const {
    return {
        kInfo, "",
        cat("built the template ", one_line(event.template_name), " in ", human_duration(event.duration_ms))};
  }
  LogLine operator()(const SandboxCreateStart& event) const {
    return {kInfo, "", cat("asks for a sandbox of the template ", one_line(event.template_name))};
  }
  LogLine operator()(const SandboxCreateComplete& event) const {
    return {kInfo, "",
            cat("the sandbox ", one_line(event.sandbox_id), " has ", event.cpu_count, " CPU and ",
                event.memory_mb, " MiB, made in ", human_duration(event.duration_ms))};
  }
  LogLine operator()(const WorkerUploadStart& event) const {
    return {kInfo, "", cat("sends ", human_bytes(event.size_bytes), " into the sandbox")};
  }
  LogLine operator()(const WorkerUploadComplete& event) const {
    return {kInfo, "",
            cat(event.cached ? "the program was in the sandbox; sent " : "sent ",
                human_bytes(event.size_bytes), " in ", human_duration(event.duration_ms))};
  }
  LogLine operator()(const WorkerStarted& event) const {
    return {kInfo, "", cat("the worker runs as process ", event.pid, " of the sandbox")};
  }
  LogLine operator()(const StreamLost& event) const {
    return {kWarning, "", cat("the connection to the worker broke: ", one_line(event.because))};
  }
  LogLine operator()(const StreamResumed& event) const {
    return {kInfo, "", cat("the worker is heard again after ", human_duration(event.duration_ms))};
  }
  LogLine operator()(const RpcSent& event) const {
    return {kInfo, "", cat("told the worker: ", one_line(event.command))};
  }
  LogLine operator()(const RpcDone& event) const {
    return {
        kInfo, "",
        cat("the worker has done it: ", one_line(event.command), ", ", human_duration(event.duration_ms))};
  }
  LogLine operator()(const ArtifactDownloaded& event) const {
    return {kInfo, "",
            cat("fetched ", one_line(event.path), ", ", human_bytes(event.size_bytes), ", in ",
                human_duration(event.duration_ms))};
  }
  LogLine operator()(const SandboxDeleted& event) const {
    return {kInfo, "", cat("the sandbox ", one_line(event.sandbox_id), " is gone")};
  }
  LogLine operator()(const Warning& event) const {
    std::string message = cat(one_line(event.message), " [", event.code, ']');
    if (!event.hint.empty()) message += cat(kContinuation, "hint: ", one_line(event.hint));
    return {kWarning, event.step_id, std::move(message)};
  }
  LogLine operator()(const ErrorEvent& event) const {
    std::string message = described(event.error);
    for (const std::string& frame : event.stack_trace) message += cat(kContinuation, "in ", one_line(frame));
    return {kError, event.step_id, std::move(message)};
  }
};

}  // namespace

LogLine log_line(const Event& event) { return std::visit(Narrator{}, event); }

}  // namespace osiris
