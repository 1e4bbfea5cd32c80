#pragma once

#include <memory>

#include "component/component.h"
#include "filesystem/input_file.h"

namespace osiris::filesystem {

/// Makes `component` an extractor of text files: `Rows(config, context)` reads them.
template <typename Rows>
void describe_text_extractor(Component& component) {
  component.open_extractor = [](const Config& config, Context& context) -> std::unique_ptr<Extractor> {
    return std::make_unique<Rows>(config, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    Preview preview;
    const auto paths = find_input_files(config.text("path"), context);
    preview.reads = shown_inputs(paths);
    if (paths[0].is_standard_input()) {
      preview.notes.emplace_back("the columns are known when the standard input is read");
    } else {
      preview.schema = Rows(config, context).schema();
    }
    return preview;
  };
}

}  // namespace osiris::filesystem
