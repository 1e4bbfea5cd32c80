#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "engine/parquet_reader.h"
#include "filesystem/input_file.h"

namespace osiris::filesystem {

namespace {

SqlOptions options_of(Context& context) {
  SqlOptions options;
  options.temporary_folder = context.temporary_folder();
  options.allow_external_access = true;  // what runs is ours
  options.cancellation = &context.cancellation();
  return options;
}

std::vector<ParquetPath> files_of(const Config& config, Context& context) {
  std::vector<ParquetPath> files;
  for (const InputPath& path : find_input_files(config.text("path"), context)) {
    if (path.is_standard_input()) {
      throw Error(ErrorKind::kUser, "config.invalid",
                  "Parquet is read from its end: it cannot come from a pipe", "put it into a file");
    }
    const InputFile file(path);  // for its errors, which name the file as the config does
    files.push_back({path.path, path.shown});
    context.count_bytes_read(file.size_bytes());
  }
  return files;
}

class ParquetExtractor : public Extractor {
 public:
  ParquetExtractor(const Config& config, Context& context)
      : reader_(files_of(config, context), config.texts("columns"),
                config.optional_text("file_column").value_or(""), options_of(context)) {}

  const Schema& schema() const override { return reader_.schema(); }
  std::optional<Batch> next() override { return reader_.next(); }

 private:
  ParquetReader reader_;
};

}  // namespace

void describe_parquet_extractor(Component& component) {
  component.open_extractor = [](const Config& config, Context& context) -> std::unique_ptr<Extractor> {
    return std::make_unique<ParquetExtractor>(config, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    Preview preview;
    preview.reads = shown_inputs(find_input_files(config.text("path"), context));
    preview.schema = ParquetExtractor(config, context).schema();
    return preview;
  };
}

}  // namespace osiris::filesystem
