#include "component/component.h"
#include "python/python_step.h"

namespace osiris::python {

namespace {

PythonStep::Function transform_of(const Config& config) {
  return {"transform",
          {{"as", config.value("as")},
           {"whole_table", config.boolean("whole_table")},
           {"schema", config.value("schema")}}};
}

std::vector<PythonStep::Port> ports_of(const std::vector<Input>& inputs) {
  std::vector<PythonStep::Port> ports;
  for (const Input& input : inputs) ports.push_back({input.name, input.stream->schema(), input.stream});
  return ports;
}

class PythonProcessor : public Processor {
 public:
  PythonProcessor(const Config& config, const std::vector<Input>& inputs, Context& context)
      : step_(config, ports_of(inputs), transform_of(config), context), schema_(step_.schema()) {}

  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override { return step_.next(); }

 private:
  PythonStep step_;
  Schema schema_;
};

}  // namespace

void describe_processor(Component& component) {
  component.open_processor = [](const Config& config, const std::vector<Input>& inputs,
                                Context& context) -> std::unique_ptr<Processor> {
    return std::make_unique<PythonProcessor>(config, inputs, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    Preview preview = preview_function(config, transform_of(config), context);
    if (config.boolean("whole_table"))
      preview.notes.emplace_back("all rows are held in memory at once, by whole_table");
    return preview;
  };
}

}  // namespace osiris::python
