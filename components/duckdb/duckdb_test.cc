#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "component/registry.h"
#include "component/test_context.h"

namespace osiris::duckdb {
namespace {

/// One batch with one BIGINT column "n": 1, 2, 3.
class ThreeNumbers : public Extractor {
 public:
  ThreeNumbers() { schema_[0].type = {TypeId::kInt64}; }
  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override {
    if (std::exchange(is_read_, true)) return std::nullopt;
    BatchBuilder builder(schema_);
    for (std::int64_t number = 1; number <= 3; ++number) {
      builder.append(0, number);
      builder.end_row();
    }
    return builder.finish();
  }

 private:
  Schema schema_{{.name = "n", .type = {}, .encoding = Encoding::kNative, .source_type = "", .style = {}}};
  bool is_read_ = false;
};

class SqlProcessorTest : public testing::Test {
 protected:
  SqlProcessorTest() : registered_(*registry_.find("duckdb.processor")) {}

  /// A step's config with the defaults that the validator fills in.
  Config config(Json values) const {
    for (const Field& field : registered_.spec.fields) {
      if (field.default_value && !values.contains(field.name)) values[field.name] = *field.default_value;
    }
    return Config(registered_.spec.fields, std::move(values));
  }

  std::int64_t first_number(const std::string& query, std::vector<Input> inputs) {
    const Config values = config({{"query", query}});
    const auto processor = registered_.component->open_processor(values, std::move(inputs), context_);
    const auto batch = processor->next();
    return batch ? batch->column(0).as<std::int64_t>()[0] : -1;
  }

  Registry registry_;
  const RegisteredComponent& registered_;
  TestContext context_{testing::TempDir()};
};

TEST_F(SqlProcessorTest, has_the_alias_sql_processor) {
  ASSERT_NE(registry_.find("sql.processor"), nullptr);
  EXPECT_EQ(registry_.find("sql.processor")->component->name, "duckdb.processor");
  EXPECT_TRUE(registered_.spec.accepts_many_inputs);
}

TEST_F(SqlProcessorTest, reads_its_inputs_by_their_names) {
  ThreeNumbers a, b;
  EXPECT_EQ(first_number("SELECT count(*) FROM df_a JOIN b USING (n)", {{"a", &a}, {"b", &b}}), 3);
  ThreeNumbers alone;
  EXPECT_EQ(first_number("SELECT max(n) FROM input_df", {{"alone", &alone}}), 3);
  EXPECT_EQ(first_number("SELECT 7::BIGINT", {}), 7);
}

TEST_F(SqlProcessorTest, reaches_files_only_where_the_project_allows_it) {
  const std::string query = "SELECT count(*) FROM read_text('/etc/passwd')";
  try {
    first_number(query, {});
    FAIL() << "the file was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "sql.not_allowed");
  }
  context_.external_access = true;
  EXPECT_EQ(first_number(query, {}), 1);
}

TEST_F(SqlProcessorTest, stops_with_the_run) {
  context_.canceller.cancel();
  EXPECT_THROW(first_number("SELECT sum(i)::BIGINT FROM range(1000000000000) t(i)", {}), Error);
}

TEST_F(SqlProcessorTest, previews_its_columns_without_reading_a_row) {
  ThreeNumbers source;
  const Config values = config({{"query", "SELECT n, n * 2 AS twice FROM a"}});
  const Preview preview = registered_.component->preview(values, {{"a", source.schema()}}, context_);
  ASSERT_TRUE(preview.schema);
  ASSERT_EQ(preview.schema->size(), 2U);
  EXPECT_EQ(preview.schema->at(1).name, "twice");
  EXPECT_TRUE(source.next());
}

TEST_F(SqlProcessorTest, says_what_it_cannot_preview) {
  const Config values = config({{"query", "SELECT n FROM a"}});
  const Preview preview = registered_.component->preview(values, {{"a", std::nullopt}}, context_);
  EXPECT_FALSE(preview.schema);
  EXPECT_THAT(preview.notes, testing::ElementsAre(testing::HasSubstr("'a'")));
}

}  // namespace
}  // namespace osiris::duckdb
