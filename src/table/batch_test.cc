#include "table/batch.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"

namespace osiris {
namespace {

Schema schema_of(std::initializer_list<TypeId> ids) {
  Schema schema;
  for (const TypeId id : ids) {
    schema.emplace_back();
    schema.back().type.id = id;
  }
  return schema;
}

TEST(StringRef, holds_texts_up_to_12_bytes_inside) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text = std::string("abcdefghijklmnopqrstuvwxyz0123456789ABCD").substr(0, size);
    const StringRef original(text);
    const StringRef copy = original;
    EXPECT_EQ(copy.view(), text);
    EXPECT_EQ(copy.view().data() == text.data(), size > StringRef::kInlined);
  }
}

TEST(BatchBuilder, keeps_values_and_nulls_apart) {
  BatchBuilder builder(schema_of({TypeId::kInt32, TypeId::kText}));
  for (std::int32_t row = 0; row < 200; ++row) {
    if (row % 3 == 0) {
      builder.append_null(1);
    } else {
      builder.append_text(1, std::string(static_cast<std::size_t>(row), 'x'));
    }
    builder.append(0, row);
    builder.end_row();
  }
  const Batch batch = builder.finish();
  EXPECT_EQ(batch.row_count(), 200U);
  EXPECT_EQ(batch.column(0).validity, nullptr);
  for (std::size_t row = 0; row < 200; ++row) {
    EXPECT_EQ(batch.column(0).as<std::int32_t>()[row], static_cast<std::int32_t>(row));
    EXPECT_EQ(batch.column(1).is_valid(row), row % 3 != 0);
    if (row % 3 != 0) {
      EXPECT_EQ(batch.column(1).text(row).size(), row);
    }
  }
}

TEST(BatchBuilder, forgets_nulls_when_it_reuses_memory) {
  BatchBuilder builder(schema_of({TypeId::kInt64}));
  for (int round = 0; round < 10; ++round) {
    const bool is_null = round % 2 == 0;
    if (is_null) {
      builder.append_null(0);
    } else {
      builder.append(0, std::int64_t{round});
    }
    builder.end_row();
    const Batch batch = builder.finish();
    EXPECT_EQ(batch.column(0).is_valid(0), !is_null);
  }
}

TEST(BatchBuilder, does_not_touch_a_batch_that_is_still_held) {
  BatchBuilder builder(schema_of({TypeId::kText}));
  std::vector<Batch> held;
  const auto text_of = [](int round) { return std::string(100, static_cast<char>('a' + round)); };
  for (int round = 0; round < 10; ++round) {
    builder.append_text(0, text_of(round));
    builder.end_row();
    held.push_back(builder.finish());
  }
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(held[static_cast<std::size_t>(round)].column(0).text(0), text_of(round));
  }
}

TEST(BatchBuilder, gives_memory_back_from_another_thread_and_after_its_own_end) {
  auto builder = std::make_unique<BatchBuilder>(schema_of({TypeId::kInt64}));
  builder->append(0, std::int64_t{1});
  builder->end_row();
  std::optional<Batch> batch = builder->finish();
  std::jthread([&] { batch.reset(); }).join();
  builder->append(0, std::int64_t{2});
  builder->end_row();
  const Batch last = builder->finish();
  builder.reset();
  EXPECT_EQ(last.column(0).as<std::int64_t>()[0], 2);
}

TEST(BatchBuilder, is_full_at_2048_rows) {
  BatchBuilder builder(schema_of({TypeId::kInt8}));
  std::size_t rows = 0;
  for (; !builder.is_full(); ++rows) {
    builder.append(0, std::int8_t{1});
    builder.end_row();
  }
  EXPECT_EQ(rows, Batch::kMaxRows);
}

TEST(BatchBuilder, is_full_before_4_mebibytes) {
  BatchBuilder builder(schema_of({TypeId::kText}));
  const std::string text(100'000, 'x');
  while (!builder.is_full(text.size())) {
    builder.append_text(0, text);
    builder.end_row();
  }
  const Batch batch = builder.finish();
  EXPECT_EQ(batch.row_count(), 41U);
  EXPECT_LE(batch.byte_count(), Batch::kMaxBytes);
}

TEST(BatchBuilder, takes_a_large_value_only_alone) {
  BatchBuilder builder(schema_of({TypeId::kText}));
  const std::string large(2 * Batch::kMaxBytes, 'x');
  EXPECT_FALSE(builder.is_full(large.size()));
  builder.append_text(0, large);
  builder.end_row();
  EXPECT_TRUE(builder.is_full());
  EXPECT_EQ(builder.finish().column(0).text(0), large);
}

TEST(BatchBuilder, bounds_the_bytes_of_wide_rows) {
  Schema schema;
  schema.resize(1000);
  BatchBuilder builder(schema);
  while (!builder.is_full()) {
    for (std::size_t column = 0; column < 1000; ++column) builder.append_text(column, "x");
    builder.end_row();
  }
  EXPECT_LE(builder.finish().byte_count(), Batch::kMaxBytes);
}

TEST(Batch, has_a_head_that_shares_its_rows) {
  BatchBuilder builder(schema_of({TypeId::kInt64}));
  for (std::int64_t row = 0; row < 10; ++row) {
    builder.append(0, row);
    builder.end_row();
  }
  const Batch batch = builder.finish();
  const Batch head = batch.head(3);
  EXPECT_EQ(head.row_count(), 3U);
  EXPECT_EQ(head.column(0).data, batch.column(0).data);
  EXPECT_THROW((void)batch.head(11), Error);
  EXPECT_THROW((void)batch.head(0), Error);
}

}  // namespace
}  // namespace osiris
