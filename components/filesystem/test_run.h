// What the tests of this folder run a component in: a project folder of its own.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/test_folder.h"
#include "component/registry.h"
#include "component/test_context.h"

namespace osiris::filesystem {

/// A test's folder with what these tests ask of it.
class ProjectFolder : public TestFolder {
 public:
  std::string read(const std::string& name) const { return read_file(path() / name); }
  /// Every name in the folder, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

/// A component by its name and the config that a step would give it.
struct Step {
  Registry registry;
  const RegisteredComponent* registered;
  Config config;

  Step(const std::string& name, Json values)
      : registered(registry.find(name)), config(registered->spec.fields, std::move(values)) {}
};

/// The error that the work throws, as "code: message".
template <typename Work>
std::string error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code() + ": " + error.message();
  }
  return "no error";
}

}  // namespace osiris::filesystem
