#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "component/component.h"

struct sqlite3;

namespace osiris {

/// The marks of incremental reads whose target cannot keep them: `.osiris/state.sqlite` in the project.
/// Several processes may use it at once.
///
/// Errors: kUser "state.unusable" where the file cannot be opened, read or written.
class MarkStore {
 public:
  /// The file is made by the first save().
  explicit MarkStore(const std::filesystem::path& project_folder);

  std::optional<Mark> find(const std::string& name) const;
  void save(const std::string& name, const Mark& mark);
  void forget(const std::string& name);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  using Database = std::unique_ptr<sqlite3, Closer>;

  /// Nothing where there is no file and none is to be made.
  Database open(bool may_create) const;

  std::filesystem::path path_;
};

}  // namespace osiris
