#include "agent/guided.h"

#include <algorithm>

#include "agent/guided_questions.h"
#include "base/file_system.h"
#include "base/text.h"
#include "compile/compiler.h"
#include "run/plan.h"

namespace osiris {

namespace {

/// Keeps a yes or a no with the journal, so that it can be gone back from. What was just shown is not shown
/// again: only the difference from a file that is there already.
class ReviewConsent : public Consent {
 public:
  ReviewConsent(Journal& journal, bool is_new) : journal_(journal), is_new_(is_new) {}

  bool ask(const Question& question) override {
    const std::size_t end = std::min(question.message.find('\n'), question.message.size());
    if (!is_new_) journal_.say(trim(std::string_view(question.message).substr(end)));
    answer = journal_.confirm(question.message.substr(0, end));
    return answer.value_or(false);
  }

  std::optional<bool> answer = false;  ///< nothing: there was none

 private:
  Journal& journal_;
  bool is_new_;
};

/// Takes down what would be asked; says yes to what was allowed before.
class PriorConsent : public Consent {
 public:
  bool ask(const Question& asked) override {
    question = asked;
    return allowed == asked.subject;
  }

  std::optional<Question> question;
  std::optional<std::string> allowed;  ///< a question's subject
};

std::string finding_text(const Json& finding) {
  const std::string hint = finding.value("hint", "");
  return cat(finding["message"].get<std::string>(), hint.empty() ? "" : cat("\n  hint: ", hint));
}

std::string plan_text(const PlannedStep& planned) {
  std::string text = cat(planned.step->id, "  ", planned.step->component);
  for (const std::string& read : planned.preview.reads) text += cat("\n  reads   ", read);
  for (const std::string& write : planned.preview.writes) text += cat("\n  writes  ", write);
  for (const std::string& note : planned.preview.notes) text += cat("\n  note    ", note);
  return text;
}

std::string run_text(const Json& run) {
  std::string text = cat(run["session"].get<std::string>(), ": ", run["status"].get<std::string>());
  for (const Json& step : run["steps"]) {
    text += cat("\n  ", step.value("step_id", ""), "  ",
                with_thousands(step.value("rows_read", std::uint64_t{0})), " rows in, ",
                with_thousands(step.value("rows_written", std::uint64_t{0})), " rows out");
  }
  return text;
}

class GuidedTalk {
 public:
  GuidedTalk(Dialog& dialog, const Project& project, const Registry& registry, const RunWatch& watch)
      : dialog_(dialog),
        project_(project),
        registry_(registry),
        watch_(watch),
        sights_(dialog, project, registry),
        journal_(dialog) {}

  GuidedOutcome hold() {
    dialog_.say("Answer, and a pipeline comes about. < goes back to the question before.", Tone::kNote);
    while (!write_draft()) {
      if (is_over_) return outcome_;
    }
    if (outcome_.file.empty()) {
      dialog_.say("Nothing was written.");
    } else if (outcome_.end == GuidedOutcome::End::kDone) {
      compile_and_run();
    }
    return outcome_;
  }

 private:
  using End = GuidedOutcome::End;

  /// Asks from the beginning to the yes. False where that is to be done once more, or not to be gone on with.
  bool write_draft() {
    journal_.rewind();
    GuidedQuestions questions(journal_, sights_, project_, registry_);
    if (!questions.ask_all()) return stop_or_go_back();
    draft_ = questions.draft();
    journal_.say(cat("\n", draft_.text()));
    if (!check_draft()) return false;
    tell_plan();
    const bool is_new = !fs::exists(project_.folder() / draft_.file);
    ReviewConsent consent(journal_, is_new);
    const auto written = use_tool("oml_draft", {{"path", draft_.file}, {"text", draft_.text()}}, consent);
    if (!consent.answer) return stop_or_go_back();
    const bool is_there = written && ((*written)["written"] == true || (*written)["diff"] == "");
    if (is_there) {
      outcome_.file = draft_.file;
      outcome_.text = draft_.text();
      dialog_.say(cat("written: ", draft_.file));
    }
    return true;
  }

  /// A question had no answer. Always false.
  bool stop_or_go_back() {
    if (dialog_.no_answer() == NoAnswer::kBack) {
      journal_.forget_last();
      return false;
    }
    is_over_ = true;
    outcome_.end = dialog_.no_answer() == NoAnswer::kInterrupted ? End::kInterrupted : End::kEndOfInput;
    return false;
  }

  /// What the validator says. False where the person has to change an answer or has given up.
  bool check_draft() {
    DialogConsent nobody(dialog_);
    const auto verdict = use_tool("oml_validate", {{"text", draft_.text()}}, nobody);
    if (!verdict) return is_over_ = true, false;
    for (const Json& warning : (*verdict)["warnings"]) journal_.say(finding_text(warning), Tone::kWarning);
    if ((*verdict)["valid"] == true) return true;
    for (const Json& error : (*verdict)["errors"]) journal_.say(finding_text(error), Tone::kError);
    const auto chosen =
        journal_.choose({"It cannot run so. What now?", {{"change the last answer"}, {"give up"}}});
    if (!chosen) return stop_or_go_back();
    journal_.forget_last();
    if (*chosen == 0) {
      journal_.refuse_last("");
    } else {
      is_over_ = true;
      outcome_.end = End::kFailed;
    }
    return false;
  }

  /// What a run would read and write. What keeps it from running is said; the person decides.
  void tell_plan() {
    if (journal_.is_silent()) return;
    const CompileResult compiled = compile(draft_.text(), draft_.file, {}, project_.connections(), registry_);
    if (!compiled.manifest) return;
    Cancellation cancellation;
    std::optional<Plan> plan;
    dialog_.attend(cancellation, [&] {
      try {
        plan = make_plan(*compiled.manifest, project_, registry_, cancellation);
      } catch (const Error&) {
        if (!cancellation.is_cancelled()) throw;
      }
    });
    if (!plan) return dialog_.say("(stopped: what a run would do is not known)", Tone::kNote);
    dialog_.say("What a run would do:", Tone::kHeading);
    for (const PlannedStep& planned : plan->steps) {
      dialog_.say(plan_text(planned));
      if (planned.error) dialog_.say(told(*planned.error), Tone::kError);
    }
  }

  void compile_and_run() {
    DialogConsent consent(dialog_);
    const auto wants_manifest = dialog_.confirm("Compile it?");
    if (!wants_manifest) return stop();
    if (!*wants_manifest) return dialog_.say(cat("next: osiris run ", draft_.file));
    const auto compiled = use_tool("compile", {{"path", draft_.file}}, consent);
    if (!compiled) return;
    outcome_.compiled = *compiled;
    const std::string manifest = (*compiled)["manifest"], fingerprint = (*compiled)["fingerprint"];
    dialog_.say(cat("compiled: ", manifest));
    run_manifest({{"manifest", manifest}, {"fingerprint", fingerprint}});
  }

  /// Asks what the run tool would ask, then lets it run while Ctrl-C stops it.
  void run_manifest(const Json& arguments) {
    PriorConsent consent;
    use_tool("run", arguments, consent);
    if (!consent.question || !DialogConsent(dialog_).ask(*consent.question)) return;
    consent.allowed = consent.question->subject;
    std::optional<Json> run;
    Cancellation cancellation;
    const bool is_interrupted =
        dialog_.attend(cancellation, [&] { run = use_tool("run", arguments, consent, cancellation); });
    if (is_interrupted) outcome_.end = End::kInterrupted;
    if (!run) return;
    outcome_.run = *run;
    dialog_.say(run_text(*run));
    for (const Json& error : (*run)["errors"]) dialog_.say(finding_text(error), Tone::kError);
    if ((*run)["status"] != "success" && outcome_.end == End::kDone) outcome_.end = End::kFailed;
  }

  void stop() {
    outcome_.end = dialog_.no_answer() == NoAnswer::kInterrupted ? End::kInterrupted : End::kEndOfInput;
  }

  /// A tool's answer; nothing where it had none to give, which the person is then told.
  std::optional<Json> use_tool(const char* name, const Json& arguments, Consent& consent) {
    Cancellation cancellation;
    return use_tool(name, arguments, consent, cancellation);
  }

  std::optional<Json> use_tool(const char* name, const Json& arguments, Consent& consent,
                               Cancellation& cancellation) {
    ToolContext context{project_, registry_, cancellation, consent, false, watch_};
    try {
      return call_tool(*find_tool(name), arguments, context);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
      if (error.code() == "agent.declined") return std::nullopt;
      dialog_.say(told(error), Tone::kError);
      outcome_.end = End::kFailed;
    }
    return std::nullopt;
  }

  Dialog& dialog_;
  const Project& project_;
  const Registry& registry_;
  const RunWatch& watch_;
  GuidedSights sights_;
  Journal journal_;
  GuidedDraft draft_;
  GuidedOutcome outcome_;
  bool is_over_ = false;
};

}  // namespace

GuidedOutcome run_guided(Dialog& dialog, const Project& project, const Registry& registry,
                         const RunWatch& watch) {
  return GuidedTalk(dialog, project, registry, watch).hold();
}

}  // namespace osiris
