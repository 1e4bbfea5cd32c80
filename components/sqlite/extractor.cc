#include <chrono>
#include <memory>
#include <optional>

#include "base/text.h"
#include "component/component.h"
#include "load/incremental.h"
#include "sqlite/connection.h"
#include "sqlite/row_reader.h"
#include "sqlite/source.h"

namespace osiris::sqlite {

namespace {

std::unique_ptr<Connection> open_connection(Context& context) {
  const auto begin = std::chrono::steady_clock::now();
  auto connection =
      std::make_unique<Connection>(context.connection(), context.cancellation(), Purpose::kRead, &context);
  context.connection_opened(Connection::server(), std::chrono::duration_cast<std::chrono::microseconds>(
                                                      std::chrono::steady_clock::now() - begin));
  return connection;
}

class RowExtractor : public Extractor {
 public:
  RowExtractor(const Config& config, Context& context)
      : context_(&context), connection_(open_connection(context)) {
    Source source(config, context.window(), *connection_);
    statement_ = connection_->prepare(source.statement);
    reader_.emplace(std::move(source.columns));
  }

  const Schema& schema() const override { return reader_->schema(); }
  std::optional<Batch> next() override;

 private:
  bool fetch();

  Context* context_;
  std::unique_ptr<Connection> connection_;
  Statement statement_;  ///< gone at the end of its rows, so that the database is not kept locked
  std::optional<RowReader> reader_;
  bool has_row_ = false;  ///< stepped to and not yet appended, for it did not fit the batch before
  std::size_t row_bytes_ = 0;
};

std::optional<Batch> RowExtractor::next() {
  context_->cancellation().check();
  BatchBuilder& builder = reader_->builder();
  std::uint64_t bytes = 0;
  while (has_row_ || fetch()) {
    if (builder.is_full(row_bytes_)) break;
    reader_->append(statement_.get());
    bytes += row_bytes_;
    has_row_ = false;
  }
  context_->count_bytes_read(bytes);
  if (builder.row_count() == 0) return std::nullopt;
  return builder.finish();
}

bool RowExtractor::fetch() {
  if (!statement_) return false;
  has_row_ = connection_->step(statement_.get());
  if (has_row_) {
    row_bytes_ = reader_->row_bytes(statement_.get());
  } else {
    statement_.reset();
  }
  return has_row_;
}

Preview preview(const Config& config, Context& context) {
  const auto connection = open_connection(context);
  const Source source(config, context.window(), *connection);
  Preview preview;
  preview.schema = schema_of(source.columns);
  const auto table = config.optional_text("table");
  preview.reads.push_back(table ? cat("table ", *table) : cat("query on ", context.connection().reference()));
  for (const SourceColumn& column : source.columns) {
    if (!column.declared.declared.empty()) continue;
    preview.notes.push_back(cat("the column '", column.name,
                                "' has no declared type and is read as text; types: {", column.name,
                                ": integer} gives it one"));
  }
  return preview;
}

}  // namespace

void describe_extractor(Component& component) { describe_row_extractor<RowExtractor>(component, preview); }

}  // namespace osiris::sqlite
