#include "component/component.h"
#include "load/table_writer.h"
#include "sqlite/load_target.h"

namespace osiris::sqlite {

namespace {

OpenTarget opener(const Config& config, Context& context, MissingFile missing = MissingFile::kStandIn) {
  return [&config, &context, missing] { return open_load_target(config, context, missing); };
}

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_table_writer(config, schema, context, opener(config, context, MissingFile::kMake));
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>& inputs,
                         Context& context) {
    return preview_load(config, inputs, context, opener(config, context));
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

}  // namespace osiris::sqlite
