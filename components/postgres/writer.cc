#include "component/component.h"
#include "load/table_writer.h"
#include "postgres/load_target.h"

namespace osiris::postgres {
namespace {

OpenTarget opener(const Config& config, Context& context) {
  return [lossy = config.texts("allow_lossy"), &context] {
    return std::make_unique<PostgresTarget>(context, lossy);
  };
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_table_writer(config, schema, context, opener(config, context));
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>& inputs,
                         Context& context) {
    return preview_load(config, inputs, context, opener(config, context));
  };
  component.find_load = [](const Config& config, Context& context) {
    return osiris::find_load(config, context, opener(config, context));
  };
  component.find_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    return osiris::find_mark(config, context, opener(config, context), mark_name);
  };
  component.forget_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    osiris::forget_mark(config, context, opener(config, context), mark_name);
  };
}

}  // namespace osiris::postgres
