#include "component/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

using testing::ElementsAre;

const std::vector<ConnectionType> kNoConnections;

Component component(std::string_view name, std::string_view spec) {
  Component made;
  made.name = name;
  made.spec = spec;
  return made;
}

TEST(Registry, Finds_components_by_name_and_by_alias) {
  const std::vector<Component> components{
      component("a.extractor", "role: extractor\n"),
      component("b.processor", "role: processor\naliases: [sql.processor, other.processor]\n"),
      component("c.writer", "title: not sql.processor but near it\nrole: writer\n")};
  const Registry registry(components, kNoConnections);
  EXPECT_THAT(registry.names(), ElementsAre("a.extractor", "b.processor", "c.writer"));
  ASSERT_NE(registry.find("sql.processor"), nullptr);
  EXPECT_EQ(registry.find("sql.processor")->spec.name, "b.processor");
  EXPECT_EQ(registry.find("sql.processor"), registry.find("b.processor")) << "parsed once";
  EXPECT_EQ(registry.find("c.writer")->component, &components[2]);
  EXPECT_EQ(registry.find("sql"), nullptr);
  EXPECT_EQ(registry.find("nobody"), nullptr);
  EXPECT_EQ(registry.find(""), nullptr);
}

TEST(Registry, Parses_a_spec_only_when_it_is_asked_for) {
  const std::vector<Component> components{component("broken.writer", "role: nonsense\n"),
                                          component("good.writer", "role: writer\n")};
  const Registry registry(components, kNoConnections);
  EXPECT_NE(registry.find("good.writer"), nullptr);
  EXPECT_THAT(error_of([&] { registry.find("broken.writer"); }), testing::HasSubstr("a known role"));
}

TEST(Registry, Knows_the_families_of_connections) {
  const std::vector<Component> none;
  const std::vector<ConnectionType> types{{"shop", "title: A shop\n", nullptr},
                                          {"store", "title: A store\n", nullptr}};
  const Registry registry(none, types);
  EXPECT_THAT(registry.families(), ElementsAre("shop", "store"));
  EXPECT_EQ(registry.find_connection_type("store"), &types[1]);
  EXPECT_EQ(registry.find_connection_type("sho"), nullptr);
  EXPECT_EQ(registry.connection_spec("shop").title, "A shop");
  EXPECT_THAT(error_of([&] { registry.connection_spec("ship"); }),
              testing::HasSubstr("there is a connection type 'ship'"));
}

TEST(Registry, Of_the_build_has_every_folder_of_components_in_order) {
  const Registry registry;
  const auto names = registry.names();
  EXPECT_FALSE(names.empty());
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

}  // namespace
}  // namespace osiris
