// Components for the tests of this folder: they make rows out of nothing, fail, wait or note what they get,
// as their config says.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "compile/manifest.h"
#include "component/registry.h"
#include "project/project.h"
#include "session/session_reader.h"

namespace osiris {

/// What became of the steps that one config calls by a name.
struct FakeFacts {
  int opens = 0, writes = 0, commits = 0, aborts = 0;
  std::uint64_t rows = 0;
  int resumed_opens = 0;     ///< of those, with a load that an earlier attempt began
  std::string load_session;  ///< that the load is called after
  std::string write_mode;
  std::string after;         ///< cursor of the mark that an incremental read began at
  std::optional<Mark> mark;  ///< that came with the last commit

  friend bool operator==(const FakeFacts&, const FakeFacts&) = default;
};

/// `fake.extractor`, `fake.processor` (reads its inputs one after the other, or by turns), `fake.writer`, and
/// `shop.writer`, which needs a connection. Their configs are in fake_components_test.cc.
class FakeComponents {
 public:
  FakeComponents();

  const Registry& registry() const { return registry_; }
  /// Of a step by the `name` in its config.
  FakeFacts facts(const std::string& name) const;
  void note(const std::string& name, const std::function<void(FakeFacts&)>& change);

 private:
  std::vector<Component> components_;
  std::vector<ConnectionType> types_;
  Registry registry_;
  mutable std::mutex mutex_;
  std::map<std::string, FakeFacts> facts_;
};

/// A project folder with the connection @shop.main, where manifests made of fakes run.
class FakeProject {
 public:
  FakeProject();

  const Project& project() const { return project_; }
  const fs::path& folder() const { return folder_.path(); }

 private:
  TestFolder folder_;
  Project project_;
};

/// One column `id` of whole numbers.
Schema fake_schema();
/// Rows 0 to `row_count` - 1; says that it has `byte_count` bytes, where that is told.
Batch fake_batch(std::size_t row_count, std::size_t byte_count = 0);

/// A step of a manifest; its config's name is its id.
ManifestStep fake_step(const std::string& id, const std::string& component,
                       const std::vector<std::string>& inputs, Json config = Json::object());

}  // namespace osiris
