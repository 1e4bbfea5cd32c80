#include "run/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "run/fake_components.h"

namespace osiris {
namespace {

TEST(Doctor, Tries_every_connection_and_goes_on_after_one_that_fails) {
  const FakeProject project;
  const FakeComponents components;
  Cancellation never;
  const auto diagnoses =
      examine_connections(project.project(), components.registry(), std::nullopt, std::nullopt, never);
  ASSERT_EQ(diagnoses.size(), 3U);
  EXPECT_EQ(diagnoses[0].reference, "@shop.main");
  EXPECT_EQ(diagnoses[0].server, "Shop 1.0");
  EXPECT_FALSE(diagnoses[0].error);
  EXPECT_EQ(diagnoses[1].error->code(), "fake.failure");
  EXPECT_EQ(diagnoses[2].error->code(), "connection.missing_variable");

  EXPECT_EQ(to_json(diagnoses[0])["ok"], true);
  const Json broken = to_json(diagnoses[1]);
  EXPECT_EQ(broken["ok"], false);
  EXPECT_EQ(broken["error"]["kind"], "connection");
}

TEST(Doctor, Tries_the_one_connection_that_is_named) {
  const FakeProject project;
  const FakeComponents components;
  Cancellation never;
  const auto examine = [&](const std::string& reference) {
    return examine_connections(project.project(), components.registry(), reference, std::nullopt, never);
  };
  EXPECT_EQ(examine("@shop.broken").size(), 1U);
  EXPECT_EQ(error_of([&] { examine("@shop.none"); }),
            "connection.unknown_alias: unknown connection: '@shop.none'");
}

TEST(Doctor, Is_given_up_by_a_cancel) {
  const FakeProject project;
  const FakeComponents components;
  Cancellation cancelled;
  cancelled.cancel();
  EXPECT_THAT(error_of([&] {
                examine_connections(project.project(), components.registry(), std::nullopt, std::nullopt,
                                    cancelled);
              }),
              testing::StartsWith("run.cancelled"));
}

}  // namespace
}  // namespace osiris
