#include "filesystem/test_run.h"
#include "table/values.h"

namespace osiris::filesystem {
namespace {

struct Jsonl : testing::Test {
  ProjectFolder folder;
  TestContext context{folder.path()};

  /// All rows as they are printed: fields by '|', NULL as '~', a row a line.
  std::string rows(Json config) {
    const Step step("filesystem.jsonl_extractor", std::move(config));
    const auto extractor = step.registered->component->open_extractor(step.config, context);
    std::string text;
    for (const ColumnType& column : extractor->schema()) text += column.name + "|";
    while (const auto batch = extractor->next()) {
      for (std::size_t row = 0; row < batch->row_count(); ++row) {
        text += '\n';
        for (std::size_t column = 0; column < batch->column_count(); ++column) {
          const ColumnView& view = batch->column(column);
          if (view.is_valid(row)) {
            append_value_text(text, view, row, extractor->schema()[column]);
          } else {
            text += '~';
          }
          text += '|';
        }
      }
    }
    return text;
  }
  std::string failure(Json config) {
    return error_of([&] { rows(std::move(config)); });
  }
  /// What a writer makes of one batch.
  std::string written(const Schema& schema, const Batch& batch, Json config = Json::object()) {
    config["path"] = "out.jsonl";
    const Step step("filesystem.jsonl_writer", std::move(config));
    const auto writer = step.registered->component->open_writer(step.config, schema, context);
    writer->write(batch);
    writer->commit({batch.row_count()});
    return folder.read("out.jsonl");
  }
};

TEST_F(Jsonl, reads_values_as_they_are) {
  folder.write(
      "a.jsonl",
      "{\"id\": 12345678901234567890, \"n\": 1.50, \"s\": \"a\\n\\u00e9\\ud83d\\ude00\", \"b\": true, "
      "\"j\": {\"k\": [1, \"x\"]}, \"z\": null}\r\n\n  {\"s\":\"\",\"id\":-0}");
  EXPECT_EQ(
      rows({{"path", "a.jsonl"}}),
      "id|n|s|b|j|z|\n12345678901234567890|1.50|a\né\U0001F600|true|{\"k\": [1, \"x\"]}|~|\n-0|~||~|~|~|");
}

TEST_F(Jsonl, reads_declared_types_exactly) {
  folder.write("a.jsonl",
               "{\"id\":7,\"amount\":1.5e3,\"tiny\":25e-3,\"day\":\"5.3.2026\",\"ok\":false,\"tags\":[1],"
               "\"text\":\"1\"}\n"
               "{\"amount\":\"12.34\",\"tags\":\"x\"}\n");
  const Json types{{"id", "bigint"},         {"amount", "decimal(30,2)"},
                   {"tiny", "decimal(5,3)"}, {"day", "date(%d.%m.%Y)"},
                   {"ok", "boolean"},        {"tags", "json"},
                   {"late", "int"}};
  EXPECT_EQ(rows({{"path", "a.jsonl"}, {"types", types}}),
            "id|amount|tiny|day|ok|tags|text|late|\n7|1500.00|0.025|2026-03-05|false|[1]|1|~|\n"
            "~|12.34|~|~|~|\"x\"|~|~|");
}

TEST_F(Jsonl, names_the_place_of_what_does_not_fit) {
  folder.write("a.jsonl", "{\"id\":1}\n{\"id\":2.5}\n{\"id\":[3]}\n");
  EXPECT_EQ(
      failure({{"path", "a.jsonl"}, {"types", {{"id", "int"}}}}),
      "value.malformed: bad value in 'a.jsonl' at line 2, byte 9: column 'id': not a value of type integer: "
      "'2.5'");
  EXPECT_EQ(rows({{"path", "a.jsonl"}, {"types", {{"id", "int"}}}, {"on_bad_row", "quarantine"}}), "id|\n1|");
  ASSERT_EQ(context.refused.size(), 2U);
  EXPECT_EQ(context.refused[1].raw, "{\"id\":[3]}");
  EXPECT_EQ(context.refused[1].source, (Json{{"file", "a.jsonl"}, {"line", 3}, {"byte_offset", 20}}));
}

TEST_F(Jsonl, refuses_lines_that_are_no_object) {
  for (const char* line : {"{\"a\":1", "[1]", "{\"a\":1}{", "{\"a\":01}", "{\"a\":1.}", "{'a':1}",
                           "{\"a\":\"\t\"}", "{\"a\":tru}", "{\"a\":1,}", "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\ud800\"}", "{\"a\":NaN}", "{\"a\":1,\"a\":2}", "{\"a\":\"\xFF\"}"}) {
    folder.write("a.jsonl", std::string("{\"a\":1}\n") + line + "\n{\"a\":3}\n");
    EXPECT_EQ(failure({{"path", "a.jsonl"}}).substr(0, 57),
              "jsonl.malformed: malformed row in 'a.jsonl' at line 2, by")
        << line;
    EXPECT_EQ(rows({{"path", "a.jsonl"}, {"on_bad_row", "skip"}}), "a|\n1|\n3|") << line;
  }
  folder.write("a.jsonl", std::string("{\"a\":") + std::string(100'000, '[') + "\n");
  EXPECT_EQ(failure({{"path", "a.jsonl"}}).substr(0, 15), "jsonl.malformed") << "nesting has an end";
}

TEST_F(Jsonl, treats_extra_keys_as_it_is_told) {
  folder.write("a.jsonl", "{\"a\":1,\"b\":2}\n{\"c\":3,\"a\":4}\n");
  EXPECT_EQ(failure({{"path", "a.jsonl"}}),
            "jsonl.extra_key: malformed row in 'a.jsonl' at line 2, byte 14: a key that is no column: 'c'");
  EXPECT_EQ(rows({{"path", "a.jsonl"}, {"extra_keys", "ignore"}}), "a|b|\n1|2|\n4|~|");
  EXPECT_EQ(rows({{"path", "a.jsonl"}, {"columns", {"b"}}, {"extra_keys", "ignore"}}), "b|\n2|\n~|");
}

TEST_F(Jsonl, needs_to_know_the_columns) {
  folder.write("a.jsonl", "");
  EXPECT_EQ(failure({{"path", "a.jsonl"}}), "jsonl.no_columns: the file has no keys: 'a.jsonl'");
  EXPECT_EQ(rows({{"path", "a.jsonl"}, {"columns", {"x"}}}), "x|");
}

TEST_F(Jsonl, reads_several_files_with_their_names) {
  folder.write("in/a.jsonl", "\xEF\xBB\xBF{\"x\":1}");
  folder.write("in/b.jsonl", "");
  folder.write("in/c.jsonl", "{\"x\":2}\n");
  EXPECT_EQ(rows({{"path", "in/*.jsonl"}, {"file_column", "f"}}), "x|f|\n1|in/a.jsonl|\n2|in/c.jsonl|");
}

TEST_F(Jsonl, gives_up_a_line_that_is_too_long) {
  folder.write("a.jsonl", "{\"a\":1}\n" + std::string(100'000, 'x'));
  EXPECT_EQ(failure({{"path", "a.jsonl"}, {"max_row_size", "4KiB"}}).substr(0, 43),
            "line.too_long: line 2, byte 8, is longer th");
}

TEST_F(Jsonl, writes_each_type_in_its_form) {
  Schema schema(6);
  const std::vector<TypeId> types{TypeId::kInt64, TypeId::kDouble, TypeId::kText,
                                  TypeId::kJson,  TypeId::kBytes,  TypeId::kBoolean};
  for (std::size_t index = 0; index < types.size(); ++index) {
    schema[index].name = "c" + std::to_string(index);
    schema[index].type.id = types[index];
  }
  BatchBuilder builder(schema);
  builder.append(0, std::int64_t{-5});
  builder.append(1, 0.1);
  builder.append_text(2, "a\"b\n");
  builder.append_text(3, " {\"k\":\r\n 1}\n");
  builder.append_text(4, std::string_view("\0\xFF", 2));
  builder.append(5, std::uint8_t{1});
  builder.end_row();
  for (std::size_t column = 0; column < types.size(); ++column) builder.append_null(column);
  builder.append(1, std::numeric_limits<double>::infinity());
  builder.end_row();
  const std::string text = written(schema, builder.finish());
  EXPECT_EQ(
      text,
      "{\"c0\":-5,\"c1\":0.1,\"c2\":\"a\\\"b\\u000a\",\"c3\":{\"k\":   1},\"c4\":\"00ff\",\"c5\":true}\n"
      "{\"c0\":null,\"c1\":null,\"c2\":null,\"c3\":null,\"c4\":null,\"c5\":null}\n");
}

TEST_F(Jsonl, writes_the_digits_of_a_source_that_prints_numbers) {
  Schema schema(1);
  schema[0].name = "n";
  schema[0].type = {TypeId::kDecimal, 45, 2};
  schema[0].encoding = Encoding::kText;
  BatchBuilder builder(schema);
  for (const char* text : {"0042", "-1.50", "123456789012345678901234567890.12", "nan"}) {
    builder.append_text(0, text);
    builder.end_row();
  }
  EXPECT_EQ(written(schema, builder.finish()),
            "{\"n\":42}\n{\"n\":-1.50}\n{\"n\":123456789012345678901234567890.12}\n{\"n\":\"nan\"}\n");
}

TEST_F(Jsonl, refuses_to_write_json_that_is_none) {
  Schema schema(1);
  schema[0].name = "j";
  schema[0].type.id = TypeId::kJson;
  BatchBuilder builder(schema);
  builder.append_text(0, "{\"a\":");
  builder.end_row();
  const Batch batch = builder.finish();
  EXPECT_EQ(error_of([&] { written(schema, batch); }), "value.malformed: column 'j' holds what is not JSON");
}

}  // namespace
}  // namespace osiris::filesystem
