#include "session/events.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "session/json_fields.h"

namespace osiris {

namespace session {

template <>
struct Description<RunStart> {
  static constexpr std::string_view kName = "run_start";
  static constexpr auto kFields = std::tuple{Field{"pipeline", &RunStart::pipeline},
                                             Field{"manifest", &RunStart::manifest},
                                             Field{"fingerprint", &RunStart::fingerprint},
                                             Field{"step_count", &RunStart::step_count},
                                             Field{"execution", &RunStart::execution},
                                             Field{"version", &RunStart::version},
                                             Field{"resumes", &RunStart::resumes},
                                             Field{"full_refresh", &RunStart::full_refresh},
                                             Field{"from", &RunStart::from},
                                             Field{"to", &RunStart::to},
                                             Field{"row_limit", &RunStart::row_limit}};
};

template <>
struct Description<RunEnd> {
  static constexpr std::string_view kName = "run_end";
  static constexpr auto kFields =
      std::tuple{Field{"status", &RunEnd::status}, Field{"duration_ms", &RunEnd::duration_ms},
                 Field{"total_rows", &RunEnd::total_rows}, Field{"peak_memory_mb", &RunEnd::peak_memory_mb},
                 Field{"error", &RunEnd::error}};
};

template <>
struct Description<CompileComplete> {
  static constexpr std::string_view kName = "compile_complete";
  static constexpr auto kFields = std::tuple{
      Field{"pipeline", &CompileComplete::pipeline},   Field{"oml", &CompileComplete::oml},
      Field{"manifest", &CompileComplete::manifest},   Field{"fingerprint", &CompileComplete::fingerprint},
      Field{"unchanged", &CompileComplete::unchanged}, Field{"duration_ms", &CompileComplete::duration_ms}};
};

template <>
struct Description<StepStart> {
  static constexpr std::string_view kName = "step_start";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &StepStart::step_id}, Field{"component", &StepStart::component},
                 Field{"role", &StepStart::role}};
};

template <>
struct Description<StepComplete> {
  static constexpr std::string_view kName = "step_complete";
  static constexpr auto kFields = std::tuple{Field{"step_id", &StepComplete::step_id},
                                             Field{"rows_read", &StepComplete::rows_read},
                                             Field{"rows_written", &StepComplete::rows_written},
                                             Field{"duration_ms", &StepComplete::duration_ms},
                                             Field{"rows_inserted", &StepComplete::rows_inserted},
                                             Field{"rows_updated", &StepComplete::rows_updated},
                                             Field{"rows_unchanged", &StepComplete::rows_unchanged},
                                             Field{"rows_deleted", &StepComplete::rows_deleted},
                                             Field{"rows_digest", &StepComplete::rows_digest}};
};

template <>
struct Description<LoadStarted> {
  static constexpr std::string_view kName = "load_start";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &LoadStarted::step_id},       Field{"table", &LoadStarted::table},
                 Field{"write_mode", &LoadStarted::write_mode}, Field{"road", &LoadStarted::road},
                 Field{"load_id", &LoadStarted::load_id},       Field{"created", &LoadStarted::created}};
};

template <>
struct Description<StepSettled> {
  static constexpr std::string_view kName = "step_settled";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &StepSettled::step_id}, Field{"session", &StepSettled::session},
                 Field{"component", &StepSettled::component}, Field{"role", &StepSettled::role},
                 Field{"rows_written", &StepSettled::rows_written}};
};

template <>
struct Description<StepFailed> {
  static constexpr std::string_view kName = "step_failed";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &StepFailed::step_id}, Field{"rows_read", &StepFailed::rows_read},
                 Field{"rows_written", &StepFailed::rows_written},
                 Field{"duration_ms", &StepFailed::duration_ms}, Field{"error", &StepFailed::error}};
};

template <>
struct Description<StepCancelled> {
  static constexpr std::string_view kName = "step_cancelled";
  static constexpr auto kFields = std::tuple{Field{"step_id", &StepCancelled::step_id},
                                             Field{"because", &StepCancelled::because},
                                             Field{"duration_ms", &StepCancelled::duration_ms},
                                             Field{"component", &StepCancelled::component},
                                             Field{"role", &StepCancelled::role},
                                             Field{"rows_read", &StepCancelled::rows_read},
                                             Field{"rows_written", &StepCancelled::rows_written}};
};

template <>
struct Description<StepRetry> {
  static constexpr std::string_view kName = "step_retry";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &StepRetry::step_id}, Field{"attempt", &StepRetry::attempt},
                 Field{"delay_ms", &StepRetry::delay_ms}, Field{"error", &StepRetry::error}};
};

template <>
struct Description<ConnectionResolveComplete> {
  static constexpr std::string_view kName = "connection_resolve_complete";
  static constexpr auto kFields = std::tuple{Field{"step_id", &ConnectionResolveComplete::step_id},
                                             Field{"family", &ConnectionResolveComplete::family},
                                             Field{"alias", &ConnectionResolveComplete::alias},
                                             Field{"ok", &ConnectionResolveComplete::ok},
                                             Field{"fields", &ConnectionResolveComplete::fields},
                                             Field{"sources", &ConnectionResolveComplete::sources}};
};

template <>
struct Description<ConnectionOpenComplete> {
  static constexpr std::string_view kName = "connection_open_complete";
  static constexpr auto kFields = std::tuple{
      Field{"step_id", &ConnectionOpenComplete::step_id}, Field{"family", &ConnectionOpenComplete::family},
      Field{"alias", &ConnectionOpenComplete::alias}, Field{"server", &ConnectionOpenComplete::server},
      Field{"duration_ms", &ConnectionOpenComplete::duration_ms}};
};

template <>
struct Description<ColumnFacts> {
  static constexpr auto kFields = std::tuple{Field{"name", &ColumnFacts::name},
                                             Field{"type", &ColumnFacts::type},
                                             Field{"source_type", &ColumnFacts::source_type},
                                             Field{"null_count", &ColumnFacts::null_count},
                                             Field{"min", &ColumnFacts::min},
                                             Field{"max", &ColumnFacts::max}};
};

template <>
struct Description<StepSchema> {
  static constexpr std::string_view kName = "step_schema";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &StepSchema::step_id}, Field{"port", &StepSchema::port},
                 Field{"columns", &StepSchema::columns}};
};

template <>
struct Description<ArtifactWritten> {
  static constexpr std::string_view kName = "artifact_written";
  static constexpr auto kFields = std::tuple{
      Field{"step_id", &ArtifactWritten::step_id}, Field{"path", &ArtifactWritten::path},
      Field{"target", &ArtifactWritten::target},   Field{"size_bytes", &ArtifactWritten::size_bytes},
      Field{"sha256", &ArtifactWritten::sha256},   Field{"in_place", &ArtifactWritten::in_place}};
};

template <>
struct Description<RowsSkipped> {
  static constexpr std::string_view kName = "rows_skipped";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &RowsSkipped::step_id}, Field{"row_count", &RowsSkipped::row_count},
                 Field{"quarantine", &RowsSkipped::quarantine}};
};

template <>
struct Description<ScriptOutput> {
  static constexpr std::string_view kName = "script_output";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &ScriptOutput::step_id}, Field{"text", &ScriptOutput::text}};
};

template <>
struct Description<TemplateBuilt> {
  static constexpr std::string_view kName = "template_built";
  static constexpr auto kFields = std::tuple{Field{"template", &TemplateBuilt::template_name},
                                             Field{"duration_ms", &TemplateBuilt::duration_ms}};
};

template <>
struct Description<SandboxCreateStart> {
  static constexpr std::string_view kName = "sandbox_create_start";
  static constexpr auto kFields = std::tuple{Field{"template", &SandboxCreateStart::template_name}};
};

template <>
struct Description<SandboxCreateComplete> {
  static constexpr std::string_view kName = "sandbox_create_complete";
  static constexpr auto kFields = std::tuple{Field{"sandbox_id", &SandboxCreateComplete::sandbox_id},
                                             Field{"envd_version", &SandboxCreateComplete::envd_version},
                                             Field{"cpu_count", &SandboxCreateComplete::cpu_count},
                                             Field{"memory_mb", &SandboxCreateComplete::memory_mb},
                                             Field{"duration_ms", &SandboxCreateComplete::duration_ms}};
};

template <>
struct Description<WorkerUploadStart> {
  static constexpr std::string_view kName = "worker_upload_start";
  static constexpr auto kFields = std::tuple{Field{"size_bytes", &WorkerUploadStart::size_bytes}};
};

template <>
struct Description<WorkerUploadComplete> {
  static constexpr std::string_view kName = "worker_upload_complete";
  static constexpr auto kFields = std::tuple{Field{"size_bytes", &WorkerUploadComplete::size_bytes},
                                             Field{"cached", &WorkerUploadComplete::cached},
                                             Field{"duration_ms", &WorkerUploadComplete::duration_ms}};
};

template <>
struct Description<WorkerStarted> {
  static constexpr std::string_view kName = "worker_started";
  static constexpr auto kFields = std::tuple{Field{"pid", &WorkerStarted::pid}};
};

template <>
struct Description<RpcSent> {
  static constexpr std::string_view kName = "rpc_sent";
  static constexpr auto kFields =
      std::tuple{Field{"command", &RpcSent::command}, Field{"size_bytes", &RpcSent::size_bytes}};
};

template <>
struct Description<RpcDone> {
  static constexpr std::string_view kName = "rpc_done";
  static constexpr auto kFields =
      std::tuple{Field{"command", &RpcDone::command}, Field{"duration_ms", &RpcDone::duration_ms}};
};

template <>
struct Description<StreamLost> {
  static constexpr std::string_view kName = "stream_lost";
  static constexpr auto kFields =
      std::tuple{Field{"because", &StreamLost::because}, Field{"next_sequence", &StreamLost::next_sequence}};
};

template <>
struct Description<StreamResumed> {
  static constexpr std::string_view kName = "stream_resumed";
  static constexpr auto kFields = std::tuple{Field{"next_sequence", &StreamResumed::next_sequence},
                                             Field{"duration_ms", &StreamResumed::duration_ms}};
};

template <>
struct Description<ArtifactDownloaded> {
  static constexpr std::string_view kName = "artifact_downloaded";
  static constexpr auto kFields = std::tuple{Field{"path", &ArtifactDownloaded::path},
                                             Field{"size_bytes", &ArtifactDownloaded::size_bytes},
                                             Field{"duration_ms", &ArtifactDownloaded::duration_ms}};
};

template <>
struct Description<SandboxDeleted> {
  static constexpr std::string_view kName = "sandbox_deleted";
  static constexpr auto kFields = std::tuple{Field{"sandbox_id", &SandboxDeleted::sandbox_id}};
};

template <>
struct Description<Warning> {
  static constexpr std::string_view kName = "warning";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &Warning::step_id}, Field{"code", &Warning::code},
                 Field{"message", &Warning::message}, Field{"hint", &Warning::hint}};
};

template <>
struct Description<ErrorEvent> {
  static constexpr std::string_view kName = "error";
  static constexpr auto kFields =
      std::tuple{Field{"step_id", &ErrorEvent::step_id}, Inlined{&ErrorEvent::error},
                 Field{"stack_trace", &ErrorEvent::stack_trace}};
};

}  // namespace session

namespace {

constexpr std::array<std::pair<SessionStatus, std::string_view>, 5> kStatusWords{
    {{SessionStatus::kSuccess, "success"},
     {SessionStatus::kFailed, "failed"},
     {SessionStatus::kCancelled, "cancelled"},
     {SessionStatus::kRunning, "running"},
     {SessionStatus::kCrashed, "crashed"}}};

template <typename S, typename M>
void add_keys(std::vector<std::string>& keys, const session::Field<S, M>& field) {
  keys.emplace_back(field.key);
}

template <typename S, typename M>
void add_keys(std::vector<std::string>& keys, const session::Inlined<S, M>&) {
  std::apply([&](const auto&... inner) { (add_keys(keys, inner), ...); }, session::Description<M>::kFields);
}

template <typename E>
EventShape shape_of() {
  EventShape shape{session::Description<E>::kName, {}};
  std::apply([&](const auto&... field) { (add_keys(shape.keys, field), ...); },
             session::Description<E>::kFields);
  return shape;
}

template <typename... E>
std::vector<EventShape> shapes_of(const std::variant<E...>*) {
  return {shape_of<E>()...};
}

/// The event of type E where `name` is its word.
template <typename E>
bool parse_as(std::string_view name, const Json& line, std::optional<Event>& event) {
  if (name != session::Description<E>::kName) return false;
  E parsed;
  session::from_fields(line, parsed);
  event = std::move(parsed);
  return true;
}

template <typename... E>
std::optional<Event> parse_any(std::string_view name, const Json& line, const std::variant<E...>*) {
  std::optional<Event> event;
  (parse_as<E>(name, line, event) || ...);
  return event;
}

}  // namespace

std::string_view to_string(SessionStatus status) {
  for (const auto& [known, word] : kStatusWords) {
    if (known == status) return word;
  }
  return "failed";
}

std::optional<SessionStatus> parse_status(std::string_view word) {
  for (const auto& [status, known] : kStatusWords) {
    if (known == word) return status;
  }
  return std::nullopt;
}

FailureFacts failure_of(const Error& error) {
  return {.kind = std::string(to_string(error.kind())),
          .code = error.code(),
          .message = error.message(),
          .hint = error.hint(),
          .location = error.location().to_string(),
          .retryable = error.is_retryable()};
}

ErrorEvent error_event(const Error& error) {
  ErrorEvent event{.step_id = error.step(), .error = failure_of(error), .stack_trace = error.frames()};
  if (!error.location().empty()) event.stack_trace.push_back(error.location().to_string());
  return event;
}

std::vector<EventShape> event_shapes() { return shapes_of(static_cast<const Event*>(nullptr)); }

std::string_view event_name(const Event& event) {
  return std::visit(
      [](const auto& known) { return session::Description<std::decay_t<decltype(known)>>::kName; }, event);
}

Json event_fields(const Event& event) {
  return std::visit([](const auto& known) { return session::to_fields(known); }, event);
}

std::optional<Event> parse_event(const Json& line) {
  if (!line.is_object()) return std::nullopt;
  const auto name = line.find("event");
  if (name == line.end() || !name->is_string()) return std::nullopt;
  return parse_any(name->get_ref<const std::string&>(), line, static_cast<const Event*>(nullptr));
}

}  // namespace osiris
