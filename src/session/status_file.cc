#include "session/status_file.h"

#include "session/json_fields.h"
#include "session/session_files.h"

namespace osiris {

namespace session {

template <>
struct Description<StepTally> {
  static constexpr auto kFields = std::tuple{Field{"step_id", &StepTally::step_id},
                                             Field{"component", &StepTally::component},
                                             Field{"role", &StepTally::role},
                                             Field{"status", &StepTally::status},
                                             Field{"rows_read", &StepTally::rows_read},
                                             Field{"rows_written", &StepTally::rows_written},
                                             Field{"duration_ms", &StepTally::duration_ms},
                                             Field{"attempt_count", &StepTally::attempt_count}};
};

template <>
struct Description<SessionSummary> {
  static constexpr auto kFields = std::tuple{Field{"session", &SessionSummary::id},
                                             Field{"kind", &SessionSummary::kind},
                                             Field{"pipeline", &SessionSummary::pipeline},
                                             Field{"status", &SessionSummary::status},
                                             TimeField{"started_at", &SessionSummary::started_at_ms},
                                             Field{"duration_ms", &SessionSummary::duration_ms},
                                             Field{"total_rows", &SessionSummary::total_rows},
                                             Field{"steps_ok", &SessionSummary::steps_ok},
                                             Field{"steps_total", &SessionSummary::steps_total},
                                             Field{"error_count", &SessionSummary::error_count},
                                             Field{"warning_count", &SessionSummary::warning_count},
                                             Field{"manifest", &SessionSummary::manifest},
                                             Field{"error", &SessionSummary::error}};
};

template <>
struct Description<ProcessMark> {
  static constexpr auto kFields = std::tuple{
      Field{"pid", &ProcessMark::pid}, Field{"host", &ProcessMark::host},
      Field{"pid_scope", &ProcessMark::pid_scope}, Field{"start_ticks", &ProcessMark::start_ticks}};
};

template <>
struct Description<StatusFile> {
  static constexpr auto kFields =
      std::tuple{Inlined{&StatusFile::summary}, Field{"exit_code", &StatusFile::exit_code},
                 Field{"peak_memory_mb", &StatusFile::peak_memory_mb}, Field{"process", &StatusFile::process},
                 Field{"steps", &StatusFile::steps}};
};

}  // namespace session

namespace {

/// Takes a summary out of the file's text while that is parsed, and stops where the summary ends: a list of
/// thousands of sessions has no use for the rest, nor for a document of each.
class SummaryReader : public nlohmann::json_sax<Json> {
 public:
  SessionSummary& summary() { return summary_; }
  bool is_object() const { return is_object_; }
  bool is_past_summary() const { return is_past_summary_; }

  bool null() override { return true; }
  bool boolean(bool value) override { return take(value); }
  bool number_integer(number_integer_t value) override { return take(value); }
  bool number_unsigned(number_unsigned_t value) override { return take(value); }
  bool number_float(number_float_t value, const string_t&) override { return take(value); }
  bool string(string_t& value) override { return take(std::move(value)); }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object_ = true;
    is_in_error_ = depth_ == 1 && key_ == "error";
    if (is_in_error_) summary_.error.emplace();
    return open();
  }
  bool end_object() override {
    is_in_error_ = false;
    return close();
  }
  bool key(string_t& name) override {
    key_ = std::move(name);
    // The first key that a session which has ended has after its summary.
    is_past_summary_ = depth_ == 1 && key_ == "exit_code";
    return !is_past_summary_;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool open() {
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  template <typename Value>
  bool take(Value value) {
    if (depth_ == 1)
      session::set_field(summary_, key_, Json(std::move(value)));
    else if (depth_ == 2 && is_in_error_)
      session::set_field(*summary_.error, key_, Json(std::move(value)));
    return true;
  }

  SessionSummary summary_;
  std::string key_;
  int depth_ = 0;
  bool is_object_ = false, is_in_error_ = false, is_past_summary_ = false;
};

}  // namespace

void take_sums(const SessionTally& tally, SessionSummary& summary) {
  if (tally.start) {
    summary.pipeline = tally.start->pipeline;
    summary.manifest = tally.start->manifest;
  } else if (tally.compiled) {
    summary.pipeline = tally.compiled->pipeline;
    summary.manifest = tally.compiled->manifest;
  }
  summary.total_rows = tally.total_rows();
  summary.steps_ok = tally.steps_with(SessionStatus::kSuccess);
  summary.steps_total = tally.step_count();
  summary.error_count = tally.error_count;
  summary.warning_count = tally.warning_count;
  summary.error = tally.end && tally.end->error ? tally.end->error : tally.first_error;
}

void write_status(const fs::path& folder, const StatusFile& status) {
  const Json object = session::to_fields(status);
  constexpr int kIndent = 2;
  write_file_atomically(folder / kStatusFile,
                        object.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<StatusFile> read_status(const fs::path& folder) {
  const Json object = Json::parse(content_or_empty(folder / kStatusFile), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  StatusFile status;
  session::from_fields(object, status);
  return status;
}

std::optional<SessionSummary> read_status_summary(const fs::path& folder) {
  SummaryReader reader;
  const std::string text = content_or_empty(folder / kStatusFile);
  const bool is_read = Json::sax_parse(text, &reader) || reader.is_past_summary();
  return is_read && reader.is_object() ? std::optional(std::move(reader.summary())) : std::nullopt;
}

Json to_json(const StepTally& step) { return session::to_fields(step); }

Json to_json(const SessionSummary& summary) {
  Json object = session::to_fields(summary);
  object["folder"] = summary.folder.string();
  return object;
}

}  // namespace osiris
