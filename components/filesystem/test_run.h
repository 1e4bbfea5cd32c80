// What the tests of this folder run a component in: a project folder of its own and a context that notes
// what it is told.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/test_folder.h"
#include "component/component.h"
#include "component/registry.h"

namespace osiris::filesystem {

class NotingContext : public Context {
 public:
  explicit NotingContext(fs::path project) : project_(std::move(project)) {}

  Cancellation& cancellation() override { return cancellation_; }
  const ConnectionConfig& connection() override {
    throw Error(ErrorKind::kInternal, "test.connection", "files need no connection");
  }
  fs::path project_path(const std::string& path) override { return project_ / path; }
  fs::path artifact_path(const std::string& name) override { return project_ / ("artifact_" + name); }
  fs::path temporary_folder() override { return project_; }
  bool allows_external_access() override { return false; }

  void warn(const std::string& code, const std::string& message, const std::string&) override {
    warnings.push_back(code + ": " + message);
  }
  void connection_opened(const std::string&, std::chrono::microseconds) override {}
  void file_written(const WrittenFile& file) override {
    files.push_back(file.path.filename().string() + (file.in_place ? " in place" : ""));
    digests.push_back(file.sha256);
  }
  void count_bytes_read(std::uint64_t bytes) override { bytes_read += bytes; }
  void count_bytes_written(std::uint64_t bytes) override { bytes_written += bytes; }
  void count_skipped_rows(std::uint64_t rows) override { skipped_rows += rows; }

  std::vector<std::string> warnings, files, digests;
  std::uint64_t bytes_read = 0, bytes_written = 0, skipped_rows = 0;

 private:
  fs::path project_;
  Cancellation cancellation_;
};

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
