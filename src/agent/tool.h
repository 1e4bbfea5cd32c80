#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"
#include "run/run_manifest.h"

/// What a language model may do here. Each tool calls the functions that the command line calls, and sees no
/// more than it prints.
namespace osiris {

/// Something that only a person may decide.
struct Question {
  enum class Act { kWrite, kCompile, kRun };

  Act act;
  std::string message;  ///< what would be done, for the person to read
  std::string subject;  ///< a fingerprint of all that it would be done to
};

/// Asks the person who sits before the client.
class Consent {
 public:
  virtual ~Consent() = default;
  /// Returns whether the person said yes. May throw what makes the client ask and call again.
  /// Errors: kUser "agent.no_consent" where nobody can be asked.
  virtual bool ask(const Question& question) = 0;
};

/// A pipeline that is being written.
struct Draft {
  std::string path, text;
};

/// Where a conversation keeps its draft until it is saved. A draft that is written on a desk is tried before
/// anybody is asked: see try_draft().
struct DraftDesk {
  std::optional<Draft> draft;  ///< the last one in which nothing was wrong
};

/// Makes who watches a run of a pipeline of this name.
using RunWatch = std::function<std::unique_ptr<RunObserver>(const std::string& pipeline)>;

/// What a call works on.
struct ToolContext {
  const Project& project;
  const Registry& registry;
  Cancellation& cancellation;
  Consent& consent;
  bool shares_samples = false;  ///< the person allowed masked rows to be read
  RunWatch watch{};             ///< none: nobody watches runs
  DraftDesk* desk = nullptr;    ///< of a conversation
};

struct Tool {
  enum class Effect {
    kLooks,   ///< changes nothing
    kKeeps,   ///< leaves a session in the logs
    kWrites,  ///< writes a file of the project, after a yes
    kRuns,    ///< moves data, after a yes
  };

  std::string name, title, description;
  Effect effect = Effect::kLooks;
  Json input_schema, output_schema;
  std::function<Json(const Json& arguments, ToolContext& context)> handle;
};

/// Every tool, in the order in which a pipeline comes about.
const std::vector<Tool>& all_tools();
/// Null where there is none of this name.
const Tool* find_tool(std::string_view name);

/// The most bytes of an answer as JSON.
constexpr std::size_t kMostAnswerBytes = 200'000;

/// Checks the arguments against the schema, calls the tool and bounds its answer.
/// Errors: kUser "agent.invalid_arguments", "agent.answer_too_large", and the tool's own.
Json call_tool(const Tool& tool, const Json& arguments, ToolContext& context);

std::vector<Tool> look_tools();
std::vector<Tool> oml_tools();
std::vector<Tool> run_tools();

}  // namespace osiris
