#include "compile/manifest.h"

#include <clocale>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "compile/test_findings.h"

namespace osiris {
namespace {

constexpr const char* kOml =
    "name: daily\n"
    "description: \"Orders: each day\"\n"
    "metadata: {owner: me}\n"
    "concurrency: forbid\n"
    "params: {city: Brno, rows: 1000000, rate: 0.5}\n"
    "steps:\n"
    "  - id: a\n"
    "    component: shop.extractor\n"
    "    retry: {max: 2, backoff: 1s}\n"
    "    timeout: 5m\n"
    "    config: {query: \"SELECT ${params.rows} FROM t\"}\n"
    "  - {id: b, component: fake.extractor, needs: [a]}\n"
    "  - {id: w, component: fake.writer, needs: [a], config: {path: 'out/${params.city}.csv'}}\n"
    "  - {id: v, component: fake.writer, inputs: {df: '${b.df}'}}\n";

std::string manifest_text(const std::string& oml = kOml, const ParamSources& sources = {},
                          const std::string& file = "p.oml") {
  const CompileResult result = compile(oml, file, sources, test_connections(), closed_registry());
  for (const Finding& finding : result.diagnostics.sorted()) EXPECT_EQ(finding.message, "");
  return result.manifest ? print_manifest(*result.manifest) : "no manifest";
}

/// The text with its digests and the compiler's version replaced.
std::string without_digests(std::string text) {
  for (std::size_t at = text.find("sha256:"); at != std::string::npos; at = text.find("sha256:", at + 1)) {
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef", at + 7), at + 71);
    text.replace(at + 7, 64, "…");
  }
  const std::size_t version = text.find(compiler_version());
  return text.replace(version, compiler_version().size(), "osiris x");
}

TEST(Manifest, Holds_everything_resolved_except_the_connection_s_values) {
  EXPECT_EQ(without_digests(manifest_text()),
            "manifest_version: \"1\"\n"
            "name: daily\n"
            "description: \"Orders: each day\"\n"
            "metadata:\n"
            "  owner: me\n"
            "oml_version: \"0.1.0\"\n"
            "compiler: \"osiris x\"\n"
            "concurrency: forbid\n"
            "params:\n"
            "  city: Brno\n"
            "  rows: 1000000\n"
            "  rate: 0.5\n"
            "components:\n"
            "  fake.extractor: \"2.0 sha256:…\"\n"
            "  fake.writer: \"1.0 sha256:…\"\n"
            "  shop.extractor: \"1.0 sha256:…\"\n"
            "fingerprints:\n"
            "  oml: \"sha256:…\"\n"
            "  params: \"sha256:…\"\n"
            "  specs: \"sha256:…\"\n"
            "steps:\n"
            "  - id: a\n"
            "    component: shop.extractor\n"
            "    mode: read\n"
            "    connection: \"@shop.main\"\n"
            "    config:\n"
            "      query: \"SELECT 1000000 FROM t\"\n"
            "    retry:\n"
            "      max: 2\n"
            "      backoff_ms: 1000\n"
            "    timeout_ms: 300000\n"
            "    location: \"p.oml:7:9\"\n"
            "  - id: b\n"
            "    component: fake.extractor\n"
            "    mode: read\n"
            "    after:\n"
            "      - a\n"
            "    config:\n"
            "      rows: 10\n"
            "    location: \"p.oml:12:10\"\n"
            "  - id: w\n"
            "    component: fake.writer\n"
            "    mode: write\n"
            "    inputs:\n"
            "      - name: a\n"
            "        step: a\n"
            "    config:\n"
            "      path: out/Brno.csv\n"
            "    location: \"p.oml:13:10\"\n"
            "  - id: v\n"
            "    component: fake.writer\n"
            "    mode: write\n"
            "    inputs:\n"
            "      - name: df\n"
            "        step: b\n"
            "    config: {}\n"
            "    location: \"p.oml:14:10\"\n"
            "fingerprint: \"sha256:…\"\n");
}

TEST(Manifest, Is_the_same_bytes_in_every_folder_locale_and_time_zone) {
  const std::string here = manifest_text();
  EXPECT_EQ(manifest_text(kOml, {}, "/some/other/folder/p.oml"), here);
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::tzset();
  std::setlocale(LC_ALL, "C.UTF-8");
  EXPECT_EQ(manifest_text(), here);
  ::unsetenv("TZ");
  ::tzset();
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(manifest_text("# another spelling of the same values\n" + std::string(kOml))
                .substr(0, here.find("steps:")),
            here.substr(0, here.find("steps:")));
}

TEST(Manifest, Has_another_fingerprint_when_what_it_covers_changes) {
  const std::string print = manifest_fingerprint(manifest_text());
  EXPECT_TRUE(print.starts_with("sha256:"));
  EXPECT_EQ(print.size(), 71U);
  EXPECT_NE(manifest_fingerprint(manifest_text(kOml, {{}, {}, {{"city", "Wien"}}})), print);
  EXPECT_NE(manifest_fingerprint(manifest_text(kOml, {{}, {}, {{"rows", "7"}}})), print);
  EXPECT_EQ(manifest_fingerprint(manifest_text(kOml, {{}, {}, {{"city", "Brno"}}})), print);
  EXPECT_EQ(manifest_fingerprint("no manifest"), "");
}

TEST(Manifest, Is_read_back_as_it_was) {
  const std::string text = manifest_text();
  const Manifest manifest = parse_manifest(text, "m.yaml", false);
  EXPECT_EQ(print_manifest(manifest), text);
  EXPECT_EQ(manifest.find("a")->retry_max, 2);
  EXPECT_EQ(manifest.find("a")->timeout_ms, 300'000);
  EXPECT_EQ(manifest.find("w")->inputs.at(0).step_id, "a");
  EXPECT_EQ(manifest.find("nobody"), nullptr);
  EXPECT_TRUE(manifest.forbids_concurrency);
}

TEST(Manifest, Whose_text_was_changed_is_refused_unless_asked_for) {
  const std::string text = manifest_text();
  const std::vector<std::pair<std::string, std::string>> edits{
      {"out/Brno.csv", "out/Wien.csv"},
      {"rows: 10\n", "rows: 11\n"},
      {"name: daily", "name: \"daily\""},
      {"    config: {}\n", "    config: {} # a comment\n"},
      {"timeout_ms: 300000\n", "timeout_ms: 300000\n    retries: 5\n"}};
  for (const auto& [from, to] : edits) {
    std::string edited = text;
    edited.replace(edited.find(from), from.size(), to);
    EXPECT_EQ(error_of([&] { parse_manifest(edited, "m.yaml", false); }),
              "manifest.edited: the manifest was changed after it was compiled: 'm.yaml'")
        << to;
    EXPECT_NO_THROW(parse_manifest(edited, "m.yaml", true)) << to;
  }
}

TEST(Manifest, That_is_none_says_what_is_missing) {
  const auto problem = [](const std::string& text) {
    return error_of([&] { parse_manifest(text, "m.yaml", true); });
  };
  EXPECT_EQ(problem("manifest_version: \"2\"\n"),
            "m.yaml: manifest.malformed: this is not a manifest: its manifest_version is not 1");
  EXPECT_EQ(problem("manifest_version: \"1\"\n"),
            "m.yaml: manifest.malformed: this is not a manifest: 'name' is missing");
  EXPECT_EQ(problem("[]"),
            "m.yaml: manifest.malformed: this is not a manifest: 'manifest_version' is missing");
  const std::string text = manifest_text();
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"component: shop.extractor", "component: 5"},
           {"timeout_ms: 300000", "timeout_ms: soon"},
           {"after:\n      - a", "after: 5"},
           {"steps:", "stairs:"},
           {"description: \"Orders: each day\"", "description: 5"}}) {
    std::string broken = text;
    broken.replace(broken.find(from), from.size(), to);
    EXPECT_THAT(problem(broken), testing::StartsWith("m.yaml: manifest.malformed: this is not a manifest: "))
        << to;
  }
}

TEST(Manifest, Is_told_from_a_pipeline_by_its_first_key) {
  EXPECT_TRUE(looks_like_manifest(manifest_text()));
  EXPECT_TRUE(looks_like_manifest("# edited\nmanifest_version: \"1\"\n"));
  EXPECT_FALSE(looks_like_manifest(kOml));
  EXPECT_FALSE(looks_like_manifest("description: the manifest_version: \"1\"\n"));
}

}  // namespace
}  // namespace osiris
