#include "base/text.h"
#include "component/component.h"
#include "engine/engine.h"

namespace osiris::duckdb {

namespace {

SqlOptions options_of(const Config& config, Context& context) {
  SqlOptions options;
  options.memory_limit_bytes = config.size("memory_limit");
  options.temporary_folder = context.temporary_folder();
  options.allow_external_access = context.allows_external_access();
  options.cancellation = &context.cancellation();
  return options;
}

std::vector<SqlInput> tables_of(const std::vector<Input>& inputs) {
  std::vector<SqlInput> tables;
  for (const Input& input : inputs) {
    tables.push_back(
        {input.name, input.stream->schema(), [stream = input.stream] { return stream->next(); }});
  }
  return tables;
}

class SqlProcessor : public Processor {
 public:
  SqlProcessor(const Config& config, const std::vector<Input>& inputs, Context& context)
      : stream_(config.text("query"), tables_of(inputs), options_of(config, context)) {}

  const Schema& schema() const override { return stream_.schema(); }
  std::optional<Batch> next() override { return stream_.next(); }

 private:
  SqlStream stream_;
};

/// Checks the query against the inputs' columns, which needs no rows.
Preview preview_query(const Config& config, const std::vector<Component::InputSchema>& inputs,
                      Context& context) {
  Preview preview;
  std::vector<SqlInput> tables;
  for (const Component::InputSchema& input : inputs) {
    if (!input.schema) {
      preview.notes.push_back(
          cat("the query is checked when it runs: the columns of '", input.name, "' are not known"));
      return preview;
    }
    tables.push_back({input.name, *input.schema, [] { return std::nullopt; }});
  }
  preview.schema = SqlStream(config.text("query"), std::move(tables), options_of(config, context)).schema();
  return preview;
}

}  // namespace

void describe_processor(Component& component) {
  component.open_processor = [](const Config& config, const std::vector<Input>& inputs,
                                Context& context) -> std::unique_ptr<Processor> {
    return std::make_unique<SqlProcessor>(config, inputs, context);
  };
  component.preview = preview_query;
}

}  // namespace osiris::duckdb
