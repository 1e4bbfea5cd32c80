#include "python/python_step.h"

#include <algorithm>
#include <array>
#include <map>

#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "python/environment.h"

namespace osiris::python {

std::string_view osiris_step_text();
std::string_view osiris_columns_text();

namespace {

/// A batch of the function ends at so many bytes, whatever batch_rows says.
constexpr std::size_t kMostBatchBytes = std::size_t{16} << 20;
/// What is read of the first input while the worker imports its packages.
constexpr std::size_t kMostBytesAhead = std::size_t{16} << 20;
/// What of a script's own words the session keeps.
constexpr std::uint64_t kMostToldBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMostLineBytes = 4096;
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::chrono::milliseconds kPatienceAtTheEnd{5000};

/// Our own modules are compiled once, the user's leave nothing behind.
constexpr const char* kBegin =
    "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = False; import osiris_step; "
    "sys.dont_write_bytecode = True; osiris_step.main()";

/// Where the worker is: in the user's cache, where what is compiled of it serves the next run, or, without
/// one, in the run's own folder.
fs::path worker_folder(Context& context) {
  const auto put_into = [](const fs::path& folder) {
    make_folders(folder);
    for (const auto& [name, text] : {std::pair("osiris_step.py", osiris_step_text()),
                                     std::pair("osiris_columns.py", osiris_columns_text())}) {
      if (!fs::exists(folder / name)) write_file_atomically(folder / name, text);
    }
    return folder;
  };
  const std::string name = name_for(cat(osiris_step_text(), osiris_columns_text()));
  try {
    return put_into(cache_folder() / cat("worker-", name));
  } catch (const Error&) {
    return put_into(context.temporary_folder());
  }
}

std::string hint_of(std::string_view code, std::string_view function) {
  if (code == "python.no_function") return cat("define `def ", function, "(…)`, by this name");
  static const std::map<std::string_view, std::string_view> kHints{
      {"python.requirements_missing",
       "osiris run --install-deps installs them, into an environment of their own"},
      {"python.raised",
       "correct the line, or what it does with these rows; the session's log has what it printed"},
      {"python.wrong_result",
       "return or yield a list of dicts, a pyarrow Table or a pandas DataFrame, as the function takes it"},
      {"python.wrong_type", "give the column its type in `schema`, or convert the values in the function"},
      {"python.schema_changed", "every row and every batch have the same columns"},
      {"python.unknown_type", "give the column its type in `schema`"}};
  const auto found = kHints.find(code);
  return found == kHints.end() ? "" : std::string(found->second);
}

}  // namespace

PythonStep::PythonStep(const Config& config, std::vector<Port> inputs, const Function& function,
                       Context& context, Purpose purpose)
    : config_(config),
      inputs_(std::move(inputs)),
      context_(context),
      wake_up_(context.cancellation()),
      last_look_(Clock::now()) {
  if (config.has("memory_limit")) memory_limit_ = config.size("memory_limit");
  const auto script = config.optional_text("script");
  script_name_ = script.value_or("code");
  function_name_ = function.name;
  const std::string source = script ? read_file(context.project_path(*script)) : config.text("code");
  if (const auto pinned = config.optional_text("script_sha256"); pinned && *pinned != fingerprint(source)) {
    throw Error(ErrorKind::kUser, "python.script_changed",
                cat("the script is not the one that was compiled: '", script_name_, "'"),
                "compile the pipeline again");
  }
  Json names = Json::array();
  for (const Port& input : inputs_) names.push_back(input.name);
  const Json& params = config.value("params");
  Json secrets = Json::object();
  for (const std::string& name : config.texts("secrets")) {
    secrets[name] = secrets_.emplace_back(context.variable(name)).reveal();
  }
  Json settings{{"name", script_name_},
                {"code", source},
                {"folder", script ? context.project_path(*script).parent_path().string() : ""},
                {"function", function.name},
                {"batch_rows", config.integer("batch_rows")},
                {"inputs", names},
                {"requirements", config.texts("requirements")},
                {"secrets", secrets},
                {"params", params.is_object() ? params : Json::object()},
                {"only_looks", purpose == Purpose::kLook}};
  settings.update(function.settings);
  const std::string text = settings.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (purpose == Purpose::kWork) {
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
      writers_.emplace_back(inputs_[index].schema);
      rows_out_.put({'S', static_cast<std::uint32_t>(index), writers_.back().schema_message()});
    }
  }
  try {
    start(config.text("python"), text);
  } catch (const Error& error) {
    if (error.code() != "python.requirements_missing" || !context.installs_packages()) throw;
    start(environment_with(required_, config.text("python"), context), text);
  }
}

void PythonStep::start(const std::string& interpreter, const std::string& settings) {
  settings_out_.clear();
  in_.reset();
  stage_ = Stage::kStarting;
  const fs::path folder = worker_folder(context_);
  try {
    child_ = std::make_unique<ChildProcess>(ChildProcess::Options{
        {interpreter, "-c", kBegin, folder.string()}, harmless_environment(), context_.project_path(".")});
  } catch (const Error& error) {
    if (error.code() != "process.not_found") throw;
    throw Error(ErrorKind::kUser, "python.no_interpreter",
                cat("there is no Python interpreter: '", interpreter, "'"),
                "install Python 3.9 or later, or name one with `python`");
  }
  in_.emplace(child_->from_child().descriptor());
  settings_out_.put({'J', 0, settings});
  for (const auto& [kind, stage] : {std::pair('P', Stage::kHasPackages), std::pair('R', Stage::kReady)}) {
    if (receive().kind != kind) fail({{"code", "python.protocol"}, {"message", "the worker is not ready"}});
    stage_ = stage;
  }
}

/// Whether it is time to read on: before the worker is ready, a few batches are.
bool PythonStep::wants_rows() const {
  if (stage_ == Stage::kHasPackages) return rows_out_.byte_count() < kMostBytesAhead;
  return stage_ == Stage::kReady && rows_out_.is_empty();
}

PythonStep::~PythonStep() = default;

const Schema& PythonStep::schema() {
  if (!schema_) {
    WorkerOutput::Message message = receive();
    if (message.kind != 'S') fail({{"code", "python.protocol"}, {"message", "the worker gave no columns"}});
    if (message.schema.empty())
      fail({{"code", "python.wrong_result"}, {"message", "the function gave back a table without columns"}});
    schema_ = std::move(message.schema);
  }
  return *schema_;
}

std::optional<Batch> PythonStep::next() {
  schema();
  if (is_over_) return std::nullopt;
  WorkerOutput::Message message = receive();
  if (message.batch) return std::move(message.batch);
  is_over_ = true;
  wait_for_the_end();
  return std::nullopt;
}

void PythonStep::write(const Batch& batch) {
  const auto most_rows = static_cast<std::size_t>(config_.integer("batch_rows"));
  ArrowWriter& writer = writers_.front();
  writer.look_at(batch);
  for (std::size_t begin = 0; begin < batch.row_count();) {
    const std::size_t end = std::min(batch.row_count(), begin + most_rows - writer.row_count());
    writer.add(begin, end);
    begin = end;
    if (writer.row_count() == most_rows || writer.byte_count() >= kMostBatchBytes) send_batch(0);
  }
  while (!rows_out_.is_empty()) {
    turn();
    if (const auto message = in_->take()) take_failure(*message);
  }
}

void PythonStep::finish() {
  send_batch(0);
  rows_out_.put({'E', 0, {}});
  ++input_;
  while (receive().kind != 'E') {
  }
  wait_for_the_end();
}

/// After its last message the worker leaves by itself, and well.
void PythonStep::wait_for_the_end() {
  const auto status = child_->wait(kPatienceAtTheEnd);
  hear();
  tell_lines(true);
  if (!status || *status != 0) fail_because_it_ended();
}

/// The next rows of the input whose turn it is, as many as a batch of the function has, or its end.
void PythonStep::send_more() {
  if (input_ == inputs_.size() || inputs_[input_].stream == nullptr) return;
  const bool goes_on = gather(writers_[input_]);
  send_batch(input_);
  if (goes_on) return;
  ++input_;
  rows_out_.put({'E', static_cast<std::uint32_t>(inputs_.size() - input_), {}});
}

void PythonStep::send_batch(std::size_t input) {
  ArrowWriter& writer = writers_[input];
  if (writer.row_count() == 0) return;
  rows_out_.put({'B', static_cast<std::uint32_t>(input), writer.batch_message(rows_out_.take_used())});
}

/// False where the input has ended.
bool PythonStep::gather(ArrowWriter& writer) {
  const auto most_rows = static_cast<std::size_t>(config_.integer("batch_rows"));
  while (writer.row_count() < most_rows && writer.byte_count() < kMostBatchBytes) {
    if (!rest_) {
      rest_ = inputs_[input_].stream->next();
      rest_at_ = 0;
      if (!rest_) return false;
      writer.look_at(*rest_);
    }
    const std::size_t end = std::min(rest_->row_count(), rest_at_ + most_rows - writer.row_count());
    writer.add(rest_at_, end);
    rest_at_ = end;
    if (rest_at_ == rest_->row_count()) rest_.reset();
  }
  return true;
}

WorkerOutput::Message PythonStep::receive() {
  while (true) {
    if (auto message = in_->take()) {
      take_failure(*message);
      return std::move(*message);
    }
    if (wants_rows()) send_more();
    turn();
  }
}

/// What the worker failed with is its last word.
void PythonStep::take_failure(const WorkerOutput::Message& message) {
  if (message.kind == WorkerOutput::kEnded) fail_because_it_ended();
  if (message.kind != 'X') return;
  child_->wait(kPatienceAtTheEnd);
  hear();
  tell_lines(true);
  const Json facts = Json::parse(message.content, nullptr, false);
  fail(facts.is_object() ? facts
                         : Json{{"code", "python.protocol"}, {"message", "the worker's last word is none"}});
}

/// Waits until there is something to take or a pipe can go on, and goes on with it.
void PythonStep::turn() {
  context_.cancellation().check();
  FrameWriter& out = stage_ == Stage::kReady ? rows_out_ : settings_out_;
  const bool is_sending = !out.is_empty();
  std::array<pollfd, 4> watched{{{in_->descriptor(), POLLIN, 0},
                                 {child_->output().descriptor(), POLLIN, 0},
                                 {is_sending ? child_->to_child().descriptor() : -1, POLLOUT, 0},
                                 {wake_up_.descriptor(), POLLIN, 0}}};
  ::poll(watched.data(), watched.size(), static_cast<int>(kLookEvery.count()));
  context_.cancellation().check();
  if (watched[1].revents != 0) hear();
  if (watched[2].revents != 0 && !out.write(child_->to_child().descriptor())) {
    // It does not listen any more; what it said last is on its way.
    out.clear();
    input_ = inputs_.size();
  }
  check_limits();
}

/// Takes what the script printed.
void PythonStep::hear() {
  std::array<char, 65536> buffer;
  for (ssize_t count = 0;
       (count = ::read(child_->output().descriptor(), buffer.data(), buffer.size())) > 0;) {
    if (!has_told_enough_) words_.append(buffer.data(), static_cast<std::size_t>(count));
    tell_lines(false);
  }
}

void PythonStep::tell_lines(bool is_end) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = words_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (told_bytes_ >= kMostToldBytes) break;
    tell(std::string_view(words_).substr(begin, end - begin));
    told_bytes_ += end - begin + 1;
  }
  words_.erase(0, begin);
  if (is_end && !words_.empty() && !has_told_enough_) tell(words_);
  // Of a line that is too long, as much is kept as a secret at its end needs to be found.
  if (words_.size() > 2 * kMostLineBytes) words_.resize(2 * kMostLineBytes);
  if (told_bytes_ >= kMostToldBytes && !has_told_enough_) {
    has_told_enough_ = true;
    words_.clear();
    context_.warn("python.much_output",
                  cat("of what the script prints, the session keeps ", human_bytes(kMostToldBytes)),
                  "print less, or write a file");
  }
}

void PythonStep::tell(std::string_view line) {
  context_.script_said(std::string_view(masked(line)).substr(0, kMostLineBytes));
}

/// What the script says, without the secrets that it was given.
std::string PythonStep::masked(std::string_view text) const {
  std::string shown(text);
  for (const Secret& secret : secrets_) shown = without_secret(std::move(shown), secret);
  return shown;
}

void PythonStep::check_limits() {
  const auto now = Clock::now();
  if (now - last_look_ < kLookEvery) return;
  last_look_ = now;
  if (memory_limit_ && child_->resident_bytes() > *memory_limit_) {
    throw Error(ErrorKind::kUser, "python.memory",
                cat("the function has more memory than the step's memory_limit, ",
                    human_bytes(*memory_limit_), ": '", script_name_, "'"),
                "take smaller batches (batch_rows), or raise memory_limit");
  }
}

void PythonStep::fail(const Json& facts) {
  if (const auto required = facts.find("requirements"); required != facts.end())
    required_ = required->get<std::vector<std::string>>();
  const std::string code = facts.value("code", "python.protocol");
  std::string message = masked(facts.value("message", ""));
  const auto number = [&](const char* key) -> std::optional<int> {
    const auto found = facts.find(key);
    return found != facts.end() && found->is_number_integer() ? std::optional(found->get<int>())
                                                              : std::nullopt;
  };
  if (const auto row = number("first_row")) message += cat(" (in the batch that begins with row ", *row, ")");
  Error error(code == "python.wrong_type" ? ErrorKind::kData : ErrorKind::kUser, code, message,
              hint_of(code, function_name_));
  if (const auto line = number("line"))
    error.set_location({script_name_, *line, number("column").value_or(0)});
  if (const auto trace = facts.find("trace"); trace != facts.end() && trace->is_array()) {
    for (const Json& frame : *trace) error.add_frame(frame.get<std::string>());
  }
  throw error;
}

void PythonStep::fail_because_it_ended() {
  const auto status = child_->wait(kPatienceAtTheEnd);
  hear();
  tell_lines(true);
  throw Error(ErrorKind::kUser, "python.died",
              cat("the Python process ", status ? described_end(*status) : "closed its pipes and goes on",
                  ": '", script_name_, "'"),
              "the session's log has what it printed");
}

Preview preview_function(const Config& config, const PythonStep::Function& function, Context& context) {
  const PythonStep look(config, {}, function, context, PythonStep::Purpose::kLook);
  Preview preview;
  preview.reads.push_back(cat("function ", function.name, " of ",
                              config.optional_text("script").value_or("the pipeline's code")));
  if (function.name != "write")
    preview.notes.emplace_back("the columns are known when the function gave its first rows back");
  return preview;
}

}  // namespace osiris::python
