#include "component/component.h"
#include "load/table_writer.h"
#include "mysql/load_target.h"

namespace osiris::mysql {

namespace {

OpenTarget opener(const Config& config, Context& context, bool is_preview = false) {
  return [&config, &context, is_preview] { return open_load_target(config, context, is_preview); };
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_table_writer(config, schema, context, opener(config, context));
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>& inputs,
                         Context& context) {
    return preview_load(config, inputs, context, opener(config, context, true));
  };
  component.find_load = [](const Config& config, Context& context) {
    return find_load(config, context, opener(config, context));
  };
  component.find_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    return find_mark(config, context, opener(config, context), mark_name);
  };
  component.forget_mark = [](const Config& config, Context& context, const std::string& mark_name) {
    forget_mark(config, context, opener(config, context), mark_name);
  };
}

}  // namespace osiris::mysql
