// The run that a component believes to be part of, for tests: it notes what it is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "component/component.h"

namespace osiris {

class TestContext : public Context {
 public:
  explicit TestContext(std::filesystem::path folder = {}) : project(std::move(folder)) {}

  Cancellation& cancellation() override { return canceller; }
  const ConnectionConfig& connection() override {
    if (connection_config != nullptr) return *connection_config;
    throw Error(ErrorKind::kInternal, "test.connection", "a component without a family asks for none");
  }
  std::filesystem::path project_path(const std::string& path) override {
    return (project / path).lexically_normal();
  }
  std::filesystem::path artifact_path(const std::string& name) override {
    return project / ("artifact_" + name);
  }
  std::filesystem::path temporary_folder() override { return project; }
  bool allows_external_access() override { return external_access; }
  const Secret& variable(const std::string&) override { return secret; }
  bool installs_packages() override { return false; }

  void warn(const std::string& code, const std::string& message, const std::string&) override {
    warnings.push_back(code + ": " + message);
  }
  void connection_opened(const std::string&, std::chrono::microseconds) override {}
  void file_written(const WrittenFile& file) override { files.push_back(file); }
  void count_bytes_read(std::uint64_t bytes) override { bytes_read += bytes; }
  void count_bytes_written(std::uint64_t bytes) override { bytes_written += bytes; }
  void expect_total(const Total& total) override { expected = total; }
  void script_said(std::string_view line) override { said.emplace_back(line); }
  void count_skipped_rows(std::uint64_t rows) override { skipped_rows += rows; }
  void quarantine(const RefusedRow& row) override { refused.push_back(row); }
  const LoadId& load_id() override { return load; }
  void load_started(const LoadStart& start) override { loads.push_back(start); }
  const Window& window() override { return wanted; }

  std::filesystem::path project;
  Cancellation canceller;
  const ConnectionConfig* connection_config = nullptr;
  bool external_access = false;
  Secret secret;
  LoadId load{"run_1", "load", false};
  Window wanted;
  std::vector<std::string> warnings;
  std::vector<std::string> said;
  std::vector<WrittenFile> files;
  std::vector<RefusedRow> refused;
  std::vector<LoadStart> loads;
  std::optional<Total> expected;
  std::uint64_t bytes_read = 0, bytes_written = 0, skipped_rows = 0;
};

}  // namespace osiris
