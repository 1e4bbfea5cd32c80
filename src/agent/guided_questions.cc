#include "agent/guided_questions.h"

#include <algorithm>
#include <regex>

#include "agent/project_file.h"
#include "agent/step_draft.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr std::string_view kOmlEnding = ".oml";
/// More is written into a file of its own.
constexpr std::size_t kMostCodeLines = 1000;
constexpr std::string_view kUsualFile = "output/pipeline.oml";

/// Names of parameters that a text uses, in their order.
std::vector<std::string> params_of(const std::string& text) {
  static const std::regex kUse(R"(\$\{params\.([A-Za-z_][A-Za-z0-9_]*)\})");
  std::vector<std::string> names;
  for (std::sregex_iterator use(text.begin(), text.end(), kUse), end; use != end; ++use) {
    const std::string name = (*use)[1];
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

/// The value that a text is, where it would be printed just so; else the text.
Json typed(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  const auto number = parse_integer(text);
  if (number && cat(*number) == text) return *number;
  return text;
}

/// " (id, amount)"; nothing where the columns are not known.
std::string columns_text(const GuidedRows& rows) {
  return rows.columns.empty() ? "" : cat(" (", join(rows.columns, ", "), ")");
}

bool takes_sql(const ComponentSpec& processor) {
  const Field* query = processor.find("query");
  return query != nullptr && query->is_sql;
}

}  // namespace

std::string GuidedDraft::text() const { return print_pipeline(name, params, steps); }

bool GuidedQuestions::ask_steps() {
  return ask_sources() && ask_transforms() && ask_targets() && ask_params();
}

void GuidedQuestions::take_usual_names() {
  draft_.name = sources_.front().step;
  draft_.file = kUsualFile;
}

std::string GuidedQuestions::new_id(const std::string& wanted) {
  const bool is_word = !wanted.empty() && (wanted[0] < '0' || wanted[0] > '9');
  const std::string stem = is_word ? wanted : cat("rows_", wanted);
  std::string id = stem;
  for (int number = 2; !ids_.insert(id).second; ++number) id = cat(stem, "_", number);
  return id;
}

std::optional<bool> GuidedQuestions::ask_whether(const std::string& text, const std::string& yes_means) {
  const auto chosen = journal_.choose({text, {{"no"}, {"yes", yes_means}}, {0}});
  if (!chosen) return std::nullopt;
  return *chosen == 1;
}

bool GuidedQuestions::ask_transforms() {
  streams_ = sources_;
  std::vector<const ComponentSpec*> processors;
  for (const std::string& name : registry_.names()) {
    const ComponentSpec& spec = registry_.find(name)->spec;
    if (spec.role == Role::kProcessor) processors.push_back(&spec);
  }
  while (streams_.size() < sources_.size() + kMostSteps) {
    const bool is_first = streams_.size() == sources_.size();
    const bool must_join = is_first && sources_.size() > 1;
    Menu menu{is_first ? "Are the rows changed on their way?" : "Are they changed once more?", {}};
    if (must_join) {
      menu.text = "What joins the rows?";
    } else {
      menu.items.push_back({"no"});
      menu.chosen = {0};
    }
    for (const ComponentSpec* spec : processors)
      menu.items.push_back({takes_sql(*spec) ? "SQL" : "a function", spec->title});
    const auto chosen = journal_.choose(menu);
    if (!chosen) return false;
    const std::size_t before = must_join ? 0 : 1;
    if (*chosen < before) return true;
    const ComponentSpec& spec = *processors[*chosen - before];
    if (!(takes_sql(spec) ? ask_sql(spec, must_join) : ask_function(spec))) return false;
  }
  return true;
}

void GuidedQuestions::add_transform(const ComponentSpec& spec, const std::string& id, const Config& config) {
  Json needs = Json::array();
  const bool joins = streams_.size() == sources_.size() && sources_.size() > 1;
  for (const GuidedRows& stream : streams_) {
    if (joins || &stream == &streams_.back()) needs.push_back(stream.step);
  }
  // What tells rows apart may have gone with the columns; that a step keeps both is for the person to say.
  streams_.push_back({new_id(id), {}, {}});
  draft_.steps.push_back(
      {{"id", streams_.back().step}, {"component", spec.name}, {"needs", needs}, {"config", config}});
}

bool GuidedQuestions::ask_sql(const ComponentSpec& spec, bool joins) {
  std::string tables;
  for (const GuidedRows& rows : streams_) {
    if (joins || &rows == &streams_.back())
      tables += cat("\n  ", joins ? rows.step : "input_df", columns_text(rows));
  }
  journal_.say(cat("It selects from:", tables), Tone::kNote);
  const auto query = ask_words({"SELECT statement", "", std::string(kParamHint)}, "give a SELECT statement");
  if (!query) return false;
  add_transform(spec, "sql", {{"query", *query}});
  return true;
}

bool GuidedQuestions::ask_function(const ComponentSpec& spec) {
  const auto from =
      journal_.choose({"Where is the function?",
                       {{"in a file", spec.find("script")->help}, {"typed here", spec.find("code")->help}},
                       {0}});
  if (!from) return false;
  Config config;
  if (*from == 0) {
    for (;;) {
      const auto path = ask_words({"Path of the file", "", "relative to the project"}, "a file has a path");
      if (!path) return false;
      if (fs::is_regular_file(project_.folder() / *path)) {
        config["script"] = *path;
        break;
      }
      journal_.refuse_last(cat("there is no such file: '", *path, "'"));
    }
  } else {
    journal_.say("Type it line by line; an empty line ends it.", Tone::kNote);
    std::string code;
    for (std::size_t count = 0; count < kMostCodeLines; ++count) {
      Prompt prompt{". "};
      prompt.keeps_spaces = true;
      const auto line = journal_.ask(prompt);
      if (!line) return false;
      if (!line->empty()) {
        code += cat(*line, "\n");
      } else if (!code.empty()) {
        break;
      }
    }
    config["code"] = code;
  }
  add_transform(spec, "function", config);
  return true;
}

bool GuidedQuestions::ask_params() {
  for (const std::string& name : params_of(draft_.steps.dump())) {
    const auto value = ask_words({cat("Usual value of the parameter '", name, "'"), "",
                                  cat("a run gives another one: --param ", name, "=VALUE")},
                                 "a parameter has a usual value");
    if (!value) return false;
    draft_.params[name] = typed(*value);
  }
  return true;
}

bool GuidedQuestions::ask_names() {
  const auto name = ask_words({"Name of the pipeline", sources_.front().step}, "a pipeline has a name");
  if (!name) return false;
  draft_.name = *name;
  for (;;) {
    const auto file = ask_words({"File of the pipeline", std::string(kUsualFile), "relative to the project"},
                                "a file has a path");
    if (!file) return false;
    draft_.file = file->ends_with(kOmlEnding) ? *file : cat(*file, kOmlEnding);
    try {
      project_file(draft_.file, project_);
      return true;
    } catch (const Error& error) {
      journal_.refuse_last(told(error));
    }
  }
}

}  // namespace osiris
