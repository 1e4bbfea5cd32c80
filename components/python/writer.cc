#include "component/component.h"
#include "python/python_step.h"

namespace osiris::python {

namespace {

PythonStep::Function write_of(const Config& config) {
  return {"write", {{"as", config.value("as")}, {"whole_table", config.boolean("whole_table")}}};
}

/// What the function did with rows is its own; nobody can take it back.
class PythonWriter : public Writer {
 public:
  PythonWriter(const Config& config, const Schema& schema, Context& context)
      : step_(config, {{"rows", schema}}, write_of(config), context) {}

  void write(const Batch& batch) override {
    step_.write(batch);
    row_count_ += batch.row_count();
  }
  LoadResult commit(const LoadRecord&) override {
    step_.finish();
    return {row_count_, std::nullopt};
  }
  void abort(std::chrono::steady_clock::time_point) noexcept override {}

 private:
  PythonStep step_;
  std::uint64_t row_count_ = 0;
};

}  // namespace

void describe_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema,
                             Context& context) -> std::unique_ptr<Writer> {
    return std::make_unique<PythonWriter>(config, schema, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    Preview preview = preview_function(config, write_of(config), context);
    preview.reads.swap(preview.writes);
    return preview;
  };
}

}  // namespace osiris::python
