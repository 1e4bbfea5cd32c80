#include "component/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris {
namespace {

using testing::ElementsAre;

TEST(CatalogLists, Puts_columns_and_keys_to_their_tables) {
  CatalogLists lists({{"orders", "table", "12"}, {"recent", "view", std::nullopt}});
  lists.add_columns({{"orders", "id", "int", "no"},
                     {"orders", "note", "text", "yes"},
                     {"recent", "id", "int", "yes"},
                     {"gone", "id", "int", "no"}});
  lists.add_keys({{"orders", "", "id"}, {"orders", "u", "note"}, {"orders", "u", "id"}, {"gone", "", "id"}});
  const std::vector<CatalogTable> tables = std::move(lists).tables();
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].estimated_rows, 12U);
  EXPECT_FALSE(tables[0].is_view);
  EXPECT_THAT(tables[0].columns,
              ElementsAre(CatalogColumn{"id", "int", false}, CatalogColumn{"note", "text", true}));
  EXPECT_THAT(tables[0].keys, ElementsAre(ElementsAre("id"), ElementsAre("note", "id")));
  EXPECT_TRUE(tables[1].is_view);
  EXPECT_FALSE(tables[1].estimated_rows) << "nobody counted";
  EXPECT_THAT(tables[1].columns, ElementsAre(CatalogColumn{"id", "int", true}));
}

TEST(CatalogLists, Leave_out_what_loads_keep_and_keys_over_expressions) {
  CatalogLists lists(
      {{"shop._osiris_loads", "table", "3"}, {"_osiris_state", "table", "1"}, {"a", "table", "-1"}});
  lists.add_keys({{"a", "lower", std::nullopt}, {"a", "whole", "id"}});
  const std::vector<CatalogTable> tables = std::move(lists).tables();
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_FALSE(tables[0].estimated_rows) << "a negative estimate is none";
  EXPECT_THAT(tables[0].keys, ElementsAre(ElementsAre("id")));
}

}  // namespace
}  // namespace osiris
