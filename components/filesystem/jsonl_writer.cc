#include "component/component.h"
#include "filesystem/jsonl_formatter.h"
#include "filesystem/text_writer.h"

namespace osiris::filesystem {

namespace {

TextFormat format_of(const Config& config) {
  const bool has_base64_bytes = config.text("binary") == "base64";
  return {.extension = ".jsonl", .make_formatter = [has_base64_bytes](const Schema& schema) {
            return std::make_unique<JsonlFormatter>(schema, has_base64_bytes);
          }};
}

}  // namespace

void describe_jsonl_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema, Context& context) {
    return open_text_writer(config, schema, format_of(config), context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview_text_writer(config, format_of(config), context);
  };
}

}  // namespace osiris::filesystem
