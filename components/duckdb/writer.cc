#include "component/component.h"
#include "duckdb/load_target.h"
#include "load/table_writer.h"

namespace osiris::duckdb {

namespace {

OpenTarget opener(const Config& config, Context& context, Purpose purpose) {
  return [&config, &context, purpose] { return open_load_target(config, context, purpose); };
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_table_writer(config, schema, context, opener(config, context, Purpose::kLoad));
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>& inputs,
                         Context& context) {
    return preview_load(config, inputs, context, opener(config, context, Purpose::kLook));
  };
  // Settling a load writes, if only for a moment.
  component.find_load = [](const Config& config, Context& context) {
    return find_load(config, context, opener(config, context, Purpose::kLoad));
  };
  component.find_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    return find_mark(config, context, opener(config, context, Purpose::kLook), mark_name);
  };
  component.forget_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    forget_mark(config, context, opener(config, context, Purpose::kLoad), mark_name);
  };
}

}  // namespace osiris::duckdb
