#include "project/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

Project open(const fs::path& folder) { return Project::open(folder, std::nullopt, {}); }

TEST(Project, Is_found_from_a_folder_below_it) {
  const TestFolder folder;
  folder.write("osiris_connections.yaml", "connections: {shop: {main: {host: a}}}");
  folder.write(".env", "A=1\n");
  folder.write("pipelines/daily/pipeline.oml", "");
  const Project project = open(folder.path() / "pipelines/daily");
  EXPECT_EQ(project.folder(), folder.path());
  EXPECT_EQ(project.logs_folder(), folder.path() / "logs");
  EXPECT_EQ(project.environment().plain("A"), "1");
  EXPECT_EQ(project.connections().entries().size(), 1U);
}

TEST(Project, Without_any_file_is_the_working_directory) {
  const TestFolder folder;
  const Project project = open(folder.path());
  EXPECT_EQ(project.folder(), folder.path());
  EXPECT_TRUE(project.connections().entries().empty());
  EXPECT_FALSE(project.settings().allow_external_access);
  EXPECT_TRUE(project.settings().value_ranges);
}

TEST(Project, Is_where_its_settings_are_rather_than_its_connections) {
  const TestFolder folder;
  folder.write("osiris.yaml",
               "logs_dir: var/logs\nsql: {allow_external_access: true}\nsession: {value_ranges: false}\n");
  folder.write("sub/osiris_connections.yaml", "");
  const Project project = open(folder.path() / "sub");
  EXPECT_EQ(project.folder(), folder.path());
  EXPECT_EQ(project.logs_folder(), folder.path() / "var/logs");
  EXPECT_TRUE(project.settings().allow_external_access);
  EXPECT_FALSE(project.settings().value_ranges);
}

TEST(Project, Named_by_a_flag_or_a_variable_is_searched_nowhere_else) {
  const TestFolder folder;
  folder.write("osiris_connections.yaml", "connections: {shop: {main: {}}}");
  folder.write("inner/x", "");
  EXPECT_TRUE(Project::open(folder.path(), folder.path() / "inner", {}).connections().entries().empty());

  std::string home = "OSIRIS_HOME=" + folder.path().string();
  std::vector<char*> variables{home.data(), nullptr};
  const Project project = Project::open("/", std::nullopt, Environment::of_process(variables.data()));
  EXPECT_EQ(project.folder(), folder.path());
  EXPECT_EQ(project.connections().entries().size(), 1U);
  EXPECT_THAT(error_of([&] { Project::open("/", folder.path() / "none", {}); }),
              testing::StartsWith("project.not_found: no such project folder: '"));
}

TEST(Project, Refuses_settings_that_it_does_not_know_and_passes_over_older_sections) {
  const auto problem = [](const std::string& settings) {
    const TestFolder folder;
    folder.write("osiris.yaml", settings);
    return error_of([&] { open(folder.path()); });
  };
  EXPECT_EQ(problem("log_dir: x\n"), "osiris.yaml:1:1: project.unknown_key: unknown key: 'log_dir'");
  EXPECT_EQ(problem("sql:\n  allow: true\n"),
            "osiris.yaml:2:3: project.unknown_key: unknown key of 'sql': 'allow'");
  EXPECT_EQ(problem("session: {ranges: false}\n"),
            "osiris.yaml:1:11: project.unknown_key: unknown key of 'session': 'ranges'");
  EXPECT_EQ(problem("sql: {allow_external_access: maybe}\n"),
            "osiris.yaml:1:30: project.invalid: 'allow_external_access' must be true or false");
  EXPECT_EQ(problem("version: '2.0'\nlogging: {level: INFO}\ndiscovery: {}\n"), "no error");
}

TEST(Project, Takes_the_logs_folder_of_an_older_file) {
  const TestFolder folder;
  folder.write("osiris.yaml", "logging: {logs_dir: ./old_logs}\n");
  EXPECT_EQ(open(folder.path()).settings().logs_folder, "./old_logs");
}

}  // namespace
}  // namespace osiris
