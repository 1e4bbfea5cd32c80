// What the tests of this folder compile against: components that must never be opened.
#pragma once

#include <cstdlib>
#include <vector>

#include "component/registry.h"

namespace osiris {

namespace test_specs {

constexpr std::string_view kShop = R"(
title: A shop
dialect: {hash_comments: true}
fields:
  host: {type: string}
  password: {type: string, secret: true}
)";

constexpr std::string_view kShopExtractor = R"(
title: Reads from a shop
version: "1.0"
role: extractor
connection: shop
config:
  query: {type: string, sql: true, aliases: [sql], min: 3, max: 100}
  table: {type: string}
  where: {type: string, condition: true}
constraints:
  - {one_of: [query, table], error: "give 'query' or 'table', and not both"}
  - {given: [where], require: [table], error: "'where' goes with 'table'"}
)";

constexpr std::string_view kShopWriter = R"(
title: Writes into a shop
version: "1.0"
role: writer
connection: shop
commit: transaction
config:
  table: {type: string, required: true, help: The target table}
  write_mode: {type: string, enum: [append, replace, upsert], default: append}
  primary_key: {type: array, items: string}
  batch: {type: integer, min: 1, max: 1000, aliases: [batch_rows]}
  rate: {type: number}
  strict: {type: boolean, default: false}
  patience: {type: duration, default: 30s}
  memory: {type: size}
  api_token: {type: string, secret: true}
  options: {type: object}
  window:
    type: object
    members:
      cursor: {type: string, required: true}
      lookback: {type: duration}
constraints:
  - {when: {write_mode: replace}, forbid: [batch], error: "write_mode 'replace' goes without 'batch'"}
  - {when: {write_mode: upsert}, require: [primary_key], error: "write_mode 'upsert' needs 'primary_key'"}
)";

constexpr std::string_view kExtractor = R"(
title: Makes rows
version: "2.0"
role: extractor
config:
  rows: {type: integer, default: 10}
)";

constexpr std::string_view kProcessor = R"(
title: Joins rows
version: "1.0"
role: processor
aliases: [sql.processor]
accepts_many_inputs: true
has_optional_inputs: true
config:
  query: {type: string, sql: true, required: true}
)";

constexpr std::string_view kFilter = R"(
title: Leaves rows out
version: "1.0"
role: processor
)";

constexpr std::string_view kWriter = R"(
title: Keeps rows
version: "1.0"
role: writer
commit: swap
config:
  path: {type: string}
)";

}  // namespace test_specs

/// Components and a connection type whose factories end the process: compile opens nothing.
inline const Registry& closed_registry() {
  static const std::vector<Component> components = [] {
    std::vector<Component> made;
    const auto add = [&](std::string_view name, std::string_view spec) {
      Component& component = made.emplace_back();
      component.name = name;
      component.spec = spec;
      component.open_extractor = [](const Config&, Context&) -> std::unique_ptr<Extractor> { std::abort(); };
      component.open_processor = [](const Config&, std::vector<Input>,
                                    Context&) -> std::unique_ptr<Processor> { std::abort(); };
      component.open_writer = [](const Config&, const Schema&, Context&) -> std::unique_ptr<Writer> {
        std::abort();
      };
      component.preview = [](const Config&, const std::vector<Component::InputSchema>&, Context&) -> Preview {
        std::abort();
      };
    };
    add("fake.extractor", test_specs::kExtractor);
    add("fake.filter", test_specs::kFilter);
    add("fake.processor", test_specs::kProcessor);
    add("fake.writer", test_specs::kWriter);
    add("shop.extractor", test_specs::kShopExtractor);
    add("shop.writer", test_specs::kShopWriter);
    return made;
  }();
  static const std::vector<ConnectionType> types{
      {"shop", test_specs::kShop,
       [](const ConnectionConfig&, Cancellation&) -> std::string { std::abort(); }}};
  static const Registry registry(components, types);
  return registry;
}

}  // namespace osiris
