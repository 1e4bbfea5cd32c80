#include "agent/aiop.h"

#include <array>

#include "base/text.h"
#include "session/recorded_manifest.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

/// How much of each list is told; the next row is tried where a package would be too large.
struct Bounds {
  std::size_t entries, characters;
};
constexpr std::array<Bounds, 4> kBounds{{{200, 2000}, {50, 500}, {20, 200}, {5, 80}}};

/// Those of the members that are there.
Json members_of(const Json& object, const std::vector<std::string>& names) {
  Json members = Json::object();
  for (const std::string& name : names) {
    if (object.contains(name)) members[name] = object[name];
  }
  return members;
}

class PackageMaker {
 public:
  explicit PackageMaker(Bounds bounds) : bounds_(bounds) {}

  Json make(const SessionDetail& detail, const fs::path& folder) {
    const Json outline = outline_json(detail);
    Json package{{"aiop_version", "1.0"}};
    package["what"] = what_of(outline, folder);
    Json how = members_of(outline, {"status", "exit_code", "duration_ms", "total_rows", "peak_memory_mb"});
    how["steps"] = bounded("steps", outline["steps"]);
    package["how"] = how;
    package["evidence"] = {{"artifacts", bounded("artifacts", outline["artifacts"])},
                           {"columns", bounded("columns", columns_of(detail))},
                           {"damaged_line_count", outline["damaged_line_count"]}};
    package["errors"] = bounded("errors", outline["errors"]);
    Json warnings = Json::array();
    for (const Warning& warning : detail.all<Warning>()) {
      warnings.push_back({{"step_id", warning.step_id},
                          {"code", warning.code},
                          {"message", warning.message},
                          {"hint", warning.hint}});
    }
    package["warnings"] = bounded("warnings", warnings);
    package["cut"] = cut_;
    return package;
  }

 private:
  Json what_of(const Json& outline, const fs::path& folder) {
    Json steps = Json::array();
    for (const RecordedStep& step : recorded_steps(folder)) {
      Json fields{{"id", step.id}};
      fields.update(step.fields);
      steps.push_back(fields);
    }
    Json what = members_of(outline, {"session", "kind", "pipeline", "manifest"});
    what["steps"] = bounded("pipeline_steps", steps);
    return what;
  }

  static Json columns_of(const SessionDetail& detail) {
    Json columns = Json::array();
    for (const StepSchema& schema : detail.all<StepSchema>())
      columns.push_back(without_values(event_fields(schema)));
    return columns;
  }

  Json bounded(const std::string& name, const Json& list) {
    Json kept = Json::array();
    for (const Json& entry : list) {
      if (kept.size() < bounds_.entries) kept.push_back(shortened_texts(name, entry));
    }
    if (kept.size() < list.size()) count_cut(name, list.size() - kept.size());
    return kept;
  }

  void count_cut(const std::string& name, std::size_t count) {
    cut_[name] = cut_.value(name, std::size_t{0}) + count;
  }

  Json shortened_texts(const std::string& list, const Json& value) {
    if (value.is_string()) return shortened(value.get<std::string>(), bounds_.characters);
    if (!value.is_structured()) return value;
    Json kept = value.is_array() ? Json::array() : Json::object();
    if (value.size() > bounds_.entries) count_cut(list, value.size() - bounds_.entries);
    for (const auto& [key, member] : value.items()) {
      if (kept.size() == bounds_.entries) break;
      if (value.is_array()) {
        kept.push_back(shortened_texts(list, member));
      } else {
        kept[key] = shortened_texts(list, member);
      }
    }
    return kept;
  }

  Bounds bounds_;
  Json cut_ = Json::object();
};

}  // namespace

Json without_values(Json event) {
  if (!event.contains("columns") || !event["columns"].is_array()) return event;
  for (Json& column : event["columns"]) {
    if (!column.is_object()) continue;
    column.erase("min");
    column.erase("max");
  }
  return event;
}

Json session_package(const fs::path& folder) {
  const SessionDetail detail = read_detail(folder);
  Json package;
  for (const Bounds& bounds : kBounds) {
    package = PackageMaker(bounds).make(detail, folder);
    if (package.dump(-1, ' ', false, Json::error_handler_t::replace).size() <= kMostPackageBytes) break;
  }
  return package;
}

}  // namespace osiris
