#include "component/component.h"
#include "python/python_step.h"

namespace osiris::python {

namespace {

PythonStep::Function extract_of(const Config& config) {
  return {"extract", {{"schema", config.value("schema")}}};
}

class PythonExtractor : public Extractor {
 public:
  PythonExtractor(const Config& config, Context& context)
      : step_(config, {}, extract_of(config), context), schema_(step_.schema()) {}

  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override { return step_.next(); }

 private:
  PythonStep step_;
  Schema schema_;
};

}  // namespace

void describe_extractor(Component& component) {
  component.open_extractor = [](const Config& config, Context& context) -> std::unique_ptr<Extractor> {
    return std::make_unique<PythonExtractor>(config, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview_function(config, extract_of(config), context);
  };
}

}  // namespace osiris::python
