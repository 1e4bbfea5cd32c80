#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "compile/manifest.h"
#include "component/component.h"
#include "project/connections.h"
#include "project/project.h"

namespace osiris {

/// The context of a step that is only looked at: it names paths and makes none of them, and gathers what it
/// is told.
class LookContext : public Context {
 public:
  /// Errors: those of resolving the step's connection.
  LookContext(const ManifestStep& step, const Project& project, const Registry& registry,
              Cancellation& cancellation)
      : step_(step), project_(project), cancellation_(cancellation) {
    if (!step.connection.empty())
      connection_ = resolve(project.connections().find(step.connection), project.environment(), registry,
                            project.folder());
  }

  Cancellation& cancellation() override { return cancellation_; }
  const ConnectionConfig& connection() override {
    invariant(connection_.has_value(), "a component with a connection family has a connection");
    return connection_->config;
  }
  std::filesystem::path project_path(const std::string& path) override {
    return (project_.folder() / path).lexically_normal();
  }
  std::filesystem::path artifact_path(const std::string& name) override {
    return project_.logs_folder() / "run_<ms>" / "artifacts" / step_.id / name;
  }
  std::filesystem::path temporary_folder() override { return std::filesystem::temp_directory_path(); }
  bool allows_external_access() override { return project_.settings().allow_external_access; }
  void warn(const std::string&, const std::string& message, const std::string&) override {
    notes_.push_back(message);
  }
  void connection_opened(const std::string& server, std::chrono::microseconds) override { server_ = server; }
  void file_written(const WrittenFile&) override {}
  void count_bytes_read(std::uint64_t) override {}
  void count_bytes_written(std::uint64_t) override {}
  void expect_total(const Total&) override {}
  const Secret& variable(const std::string& name) override { return project_.environment().value_of(name); }
  bool installs_packages() override { return false; }
  void script_said(std::string_view) override {}
  void count_skipped_rows(std::uint64_t) override {}
  void quarantine(const RefusedRow&) override {}
  const LoadId& load_id() override { return load_id_; }
  void load_started(const LoadStart&) override {}
  const Window& window() override { return window_; }

  void set_window(Window window) { window_ = std::move(window); }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::string& server() const { return server_; }

 private:
  const ManifestStep& step_;
  const Project& project_;
  Cancellation& cancellation_;
  std::optional<ResolvedConnection> connection_;
  LoadId load_id_;
  Window window_;
  std::vector<std::string> notes_;
  std::string server_;
};

}  // namespace osiris
