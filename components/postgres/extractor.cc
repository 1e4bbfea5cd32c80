#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "component/component.h"
#include "load/incremental.h"
#include "postgres/connection.h"
#include "postgres/row_collector.h"
#include "postgres/source.h"

namespace osiris::postgres {

namespace {

Connection open_connection(const Config& config, Context& context) {
  const auto begin = std::chrono::steady_clock::now();
  Connection connection(context.connection(), context.cancellation());
  context.connection_opened(connection.server(), std::chrono::duration_cast<std::chrono::microseconds>(
                                                     std::chrono::steady_clock::now() - begin));
  std::optional<std::chrono::milliseconds> timeout;
  if (config.has("statement_timeout")) timeout = config.duration("statement_timeout");
  connection.begin_reading(timeout);
  return connection;
}

class RowExtractor : public Extractor {
 public:
  RowExtractor(const Config& config, Context& context)
      : context_(&context), connection_(open_connection(config, context)) {
    const Source source(config, context.window(), connection_);
    if (source.counted_rows() && context.window().is_whole())
      context.expect_total({Total::Unit::kRows, *source.counted_rows(), true});
    decoder_ = std::make_shared<const RowDecoder>(source.columns());
    collector_.emplace(decoder_);
    rows_ = source.open(connection_);
  }
  RowExtractor(const RowExtractor&) = delete;
  RowExtractor& operator=(const RowExtractor&) = delete;
  /// What is not read stays with the server: draining a large result would take minutes.
  ~RowExtractor() override {
    if (!is_at_end_) connection_.abandon();
  }

  const Schema& schema() const override { return decoder_->schema(); }
  std::optional<Batch> next() override;

 private:
  bool fetch();

  Context* context_;
  Connection connection_;
  std::shared_ptr<const RowDecoder> decoder_;
  std::optional<RowCollector> collector_;
  std::unique_ptr<RowStream> rows_;
  std::optional<std::string_view>
      row_;  ///< fetched and not yet collected, for it did not fit the batch before
  bool is_at_end_ = false;
};

std::optional<Batch> RowExtractor::next() {
  context_->cancellation().check();
  std::uint64_t bytes = 0;
  while (row_ || fetch()) {
    if (collector_->is_full(row_->size())) break;
    collector_->append(*row_);
    bytes += row_->size();
    row_.reset();
  }
  context_->count_bytes_read(bytes);
  if (collector_->is_empty()) return std::nullopt;
  return collector_->finish();
}

bool RowExtractor::fetch() {
  if (is_at_end_) return false;
  row_ = rows_->next();
  is_at_end_ = !row_;
  return !is_at_end_;
}

Preview preview(const Config& config, Context& context) {
  Connection connection = open_connection(config, context);
  const Source source(config, context.window(), connection);
  Preview preview;
  preview.schema = schema_of(source.columns());
  preview.estimated_rows = source.estimated_rows(connection);
  const std::string rows =
      preview.estimated_rows ? cat(" (about ", with_thousands(*preview.estimated_rows), " rows)") : "";
  const auto table = config.optional_text("table");
  preview.reads.push_back(
      cat(table ? cat("table ", *table) : cat("query on ", context.connection().reference()), rows));
  return preview;
}

}  // namespace

void describe_extractor(Component& component) { describe_row_extractor<RowExtractor>(component, preview); }

}  // namespace osiris::postgres
