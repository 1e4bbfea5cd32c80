#include "run/shared_stream.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "run/fake_components.h"

namespace osiris {
namespace {

/// So many batches of 100 rows.
class FakeStream : public Extractor {
 public:
  explicit FakeStream(int batches) : batches_(batches) {}
  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override {
    if (batches_-- <= 0) return std::nullopt;
    return fake_batch(100);
  }

 private:
  Schema schema_ = fake_schema();
  int batches_;
};

Error failure() { return {ErrorKind::kData, "test.broken", "it broke"}; }

TEST(SharedStream, Gives_every_reader_all_rows) {
  SharedStream stream({"a", "b"}, false);
  Cancellation cancellation;
  stream.opened(fake_schema());
  const auto a = stream.open_for("a", cancellation);
  const auto b = stream.open_for("b", cancellation);
  EXPECT_EQ(a->schema().at(0).name, "id");
  EXPECT_TRUE(stream.push(fake_batch(3, 100)));
  EXPECT_EQ(stream.byte_count(), 200U);
  stream.finish(std::nullopt);
  for (const auto& reader : {a.get(), b.get()}) {
    EXPECT_EQ(reader->next()->row_count(), 3U);
    EXPECT_FALSE(reader->next());
  }
}

TEST(SharedStream, Spools_rows_for_readers_that_read_one_after_the_other) {
  SharedStream stream({"a"}, true);
  Cancellation cancellation;
  FakeStream source(3);
  std::jthread driver([&] {
    stream.opened(source.schema());
    stream.spool(source, {});
    stream.finish(std::nullopt);
  });
  // The same reader twice, as a step that names one input twice.
  for (int round = 0; round < 2; ++round) {
    const auto reader = stream.open_for("a", cancellation);
    std::size_t row_count = 0;
    while (const auto batch = reader->next()) row_count += batch->row_count();
    EXPECT_EQ(row_count, 300U);
  }
}

TEST(SharedStream, Lets_a_reader_wait_until_it_is_open) {
  SharedStream stream({"a"}, false);
  Cancellation cancellation;
  std::jthread reader([&] { EXPECT_FALSE(stream.open_for("a", cancellation)->next()); });
  stream.opened(fake_schema());
  stream.finish(std::nullopt);
}

TEST(SharedStream, Tells_every_reader_what_kept_it_from_opening) {
  SharedStream stream({"a", "b"}, false);
  Cancellation cancellation;
  std::jthread early(
      [&] { EXPECT_EQ(error_of([&] { stream.open_for("a", cancellation); }), "test.broken: it broke"); });
  stream.finish(failure());
  EXPECT_EQ(error_of([&] { stream.open_for("b", cancellation); }), "test.broken: it broke");
}

TEST(SharedStream, Tells_a_reader_of_a_failure_after_the_rows_before_it) {
  SharedStream stream({"a"}, false);
  Cancellation cancellation;
  stream.opened(fake_schema());
  stream.push(fake_batch(1));
  stream.finish(failure());
  const auto reader = stream.open_for("a", cancellation);
  EXPECT_TRUE(reader->next());
  EXPECT_EQ(error_of([&] { reader->next(); }), "test.broken: it broke");
}

TEST(SharedStream, Goes_on_for_the_readers_that_are_left) {
  SharedStream stream({"a", "b"}, false);
  Cancellation cancellation;
  stream.opened(fake_schema());
  stream.leave("a");  // one that never opened it
  const auto b = stream.open_for("b", cancellation);
  EXPECT_TRUE(stream.push(fake_batch(1)));
  EXPECT_TRUE(b->next());
  stream.leave("b");
  EXPECT_FALSE(stream.push(fake_batch(1))) << "nobody is left";
}

TEST(SharedStream, Lets_go_of_a_reader_that_is_cancelled) {
  SharedStream stream({"a", "b"}, false);
  Cancellation waiting;
  std::jthread early([&] {
    EXPECT_EQ(error_of([&] { stream.open_for("a", waiting); }), "run.cancelled: the run was cancelled");
  });
  waiting.cancel();
  early.join();

  Cancellation cancellation;
  stream.opened(fake_schema());
  const auto b = stream.open_for("b", cancellation);
  cancellation.cancel();
  EXPECT_EQ(error_of([&] { b->next(); }), "run.cancelled: the run was cancelled");
}

}  // namespace
}  // namespace osiris
