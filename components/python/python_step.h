#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/secret.h"
#include "component/component.h"
#include "net/wake_up.h"
#include "python/arrow_writer.h"
#include "python/frames.h"
#include "python/worker_output.h"

namespace osiris::python {

/// A function in Python at work: batches go to its process, and batches come back. osiris_step.py is the
/// other side, and says what goes over the pipes.
class PythonStep {
 public:
  enum class Purpose { kWork, kLook };

  /// What the function is called, and what of the config only its role has: "as", "whole_table", "schema".
  struct Function {
    std::string name;
    Json settings = Json::object();
  };
  /// A stream of rows into the function; without an extractor, one whose rows come by write().
  struct Port {
    std::string name;
    Schema schema;
    Extractor* stream = nullptr;
  };

  /// Starts the interpreter and finds the function; no row moves. The inputs outlive the object.
  /// kLook: that is all, and nothing else is called.
  /// Errors: kUser "variable.missing", "python.no_interpreter", "python.syntax", "python.no_function",
  /// "python.raised",
  ///         "python.requirements_missing".
  PythonStep(const Config& config, std::vector<Port> inputs, const Function& function, Context& context,
             Purpose purpose = Purpose::kWork);
  PythonStep(const PythonStep&) = delete;
  PythonStep& operator=(const PythonStep&) = delete;
  ~PythonStep();

  /// Takes rows until the function gave some back. Errors: as next().
  const Schema& schema();
  /// Errors: kUser "python.raised", "python.wrong_result", "python.wrong_type", "python.schema_changed",
  ///         "python.died", "python.memory", and those of the inputs.
  std::optional<Batch> next();
  /// Hands rows to the one input. Errors: as next().
  void write(const Batch& batch);
  /// Waits until the function has done with all of them. Errors: as next().
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void start(const std::string& interpreter, const std::string& settings);
  bool wants_rows() const;
  void send_more();
  bool gather(ArrowWriter& writer);
  void send_batch(std::size_t input);
  void wait_for_the_end();
  WorkerOutput::Message receive();
  void take_failure(const WorkerOutput::Message& message);
  void turn();
  void hear();
  void tell_lines(bool is_end);
  void tell(std::string_view line);
  std::string masked(std::string_view text) const;
  void check_limits();
  [[noreturn]] void fail(const Json& facts);
  [[noreturn]] void fail_because_it_ended();

  const Config& config_;
  std::vector<Port> inputs_;
  Context& context_;
  std::string script_name_, function_name_;
  std::vector<Secret> secrets_;
  std::optional<std::uint64_t> memory_limit_;
  WakeUp wake_up_;
  std::unique_ptr<ChildProcess> child_;

  std::vector<std::string> required_;  ///< all packages of the step, where some are missing

  std::vector<ArrowWriter> writers_;
  std::optional<Batch> rest_;  ///< of the input that is being sent, from rest_at_ on
  std::size_t rest_at_ = 0;
  std::size_t input_ = 0;  ///< the one that is being sent
  /// How far the worker is: a row is read once its packages are there, and sent once its function is.
  enum class Stage { kStarting, kHasPackages, kReady } stage_ = Stage::kStarting;
  FrameWriter settings_out_, rows_out_;
  std::optional<WorkerOutput> in_;
  std::string words_;  ///< half a line of the script
  Clock::time_point last_look_;
  std::uint64_t told_bytes_ = 0;
  bool has_told_enough_ = false;

  std::optional<Schema> schema_;
  bool is_over_ = false;
};

/// Finds the function, which needs no rows. Errors: those of PythonStep().
Preview preview_function(const Config& config, const PythonStep::Function& function, Context& context);

}  // namespace osiris::python
