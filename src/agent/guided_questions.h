#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/guided_sights.h"
#include "agent/journal.h"

namespace osiris {

/// Rows that leave a step, as far as they are known before a run.
struct GuidedRows {
  std::string step;
  std::vector<std::string> columns;  ///< empty: not known
  std::vector<std::string> key;      ///< columns that tell rows apart; empty: not known
};

/// What the answers come to.
struct GuidedDraft {
  std::string name;  ///< the pipeline's
  std::string file;  ///< relative to the project
  Json params = Json::object(), steps = Json::array();

  std::string text() const;
};

/// The questions of a guided conversation, in their order. Each part returns false where a question has no
/// answer; the journal then knows why.
class GuidedQuestions {
 public:
  GuidedQuestions(Journal& journal, GuidedSights& sights, const Project& project, const Registry& registry)
      : journal_(journal), sights_(sights), project_(project), registry_(registry) {}

  bool ask_all() { return ask_steps() && ask_names(); }
  /// All but the names.
  bool ask_steps();
  /// What the names are where nobody says others. Requires: the steps are known.
  void take_usual_names();
  const GuidedDraft& draft() const { return draft_; }

 private:
  /// A place that rows come from or go to; without a reference it is a file.
  struct Place {
    std::string reference;
    const ComponentSpec* spec = nullptr;
  };
  /// A table that was chosen.
  struct Table {
    std::string name;
    const CatalogTable* seen = nullptr;  ///< null: it is new, or its connection did not answer
    bool is_new = false;
    bool is_query = false;  ///< in its place rows are selected
  };
  using Config = Json;

  bool ask_sources();
  bool ask_source(bool is_first);
  bool ask_table_source(const Place& place);
  bool ask_query_source(const Place& place);
  bool ask_file_source();
  bool ask_columns(GuidedRows& rows, Config& config);
  bool ask_condition(const ComponentSpec& spec, Config& config);
  bool ask_incremental(const GuidedRows& rows, Config& config);
  bool ask_bad_rows(const ComponentSpec& spec, Config& config);

  bool ask_transforms();
  bool ask_sql(const ComponentSpec& spec, bool joins);
  bool ask_function(const ComponentSpec& spec);
  void add_transform(const ComponentSpec& spec, const std::string& id, const Config& config);

  bool ask_targets();
  bool ask_target(bool is_first);
  bool ask_table_target(const Place& place, const GuidedRows& rows);
  bool ask_file_target(const GuidedRows& rows);
  bool ask_write_mode(const ComponentSpec& spec, Config& config);
  bool ask_key(const Table& table, const GuidedRows& rows, Config& config);

  bool ask_params();
  bool ask_names();

  std::optional<Place> ask_place(Role role, const std::string& text);
  std::optional<Table> ask_table(const Place& place, Role role, const std::string& new_name);
  /// What is to be done about a connection that does not answer: true where it shall be tried again.
  std::optional<bool> ask_again(const std::string& reference, const Error& error);
  std::optional<std::string> ask_column(const std::string& text, const GuidedRows& rows,
                                        const std::string& usual);
  std::optional<std::string> ask_words(const Prompt& prompt, const std::string& refusal);
  /// A question that an empty line answers with no.
  std::optional<bool> ask_whether(const std::string& text, const std::string& yes_means = {});
  std::string new_id(const std::string& wanted);

  Journal& journal_;
  GuidedSights& sights_;
  const Project& project_;
  const Registry& registry_;
  GuidedDraft draft_;
  std::vector<GuidedRows> sources_, streams_;  ///< streams: what a writer may take, the last one first meant
  std::set<std::string> ids_;
  bool is_incremental_ = false, reads_again_ = false;
};

/// Stands in the hint of every text that a run may fill in.
constexpr std::string_view kParamHint = "${params.NAME} stands for a value that each run may give";

/// The most steps of one role that are asked for.
constexpr std::size_t kMostSteps = 20;

/// The alternatives of a field without those that only name another one.
std::vector<std::string> write_modes(const ComponentSpec& writer);

}  // namespace osiris
