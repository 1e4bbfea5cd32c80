#include "engine/spool.h"

#include "base/text.h"
#include "engine/input_scan.h"
#include "engine/result_chunk.h"
#include "engine/session.h"

namespace osiris {

namespace {

constexpr const char* kSpoolScan = "osiris_rows";
constexpr const char* kTable = "osiris_spool";

/// The columns as the engine keeps them: what is a StringRef as bytes, which it does not look into.
Schema kept_schema(const Schema& schema) {
  Schema kept = schema;
  for (std::size_t index = 0; index < kept.size(); ++index) {
    kept[index].name = cat("c", index);
    if (kept[index].encoding == Encoding::kText || is_string(kept[index].type))
      kept[index].type = {TypeId::kBytes};
    kept[index].encoding = Encoding::kNative;
  }
  return kept;
}

ResultChunk::Layout kept_layout(const Schema& schema) {
  ResultChunk::Layout layout;
  for (const ColumnType& column : schema) {
    layout.is_string.push_back(is_string(column.type));
    layout.widths.push_back(native_width(column.type));
  }
  return layout;
}

class TableReader : public Spool::Reader {
 public:
  TableReader(const EngineSession& first, const ResultChunk::Layout& layout, Cancellation& cancellation)
      : layout_(layout), cancellation_(cancellation), session_(first, failure_, &cancellation) {
    interrupt_ = cancellation_.on_cancel([this] { session_.interrupt(); });
    result_ = session_.start(session_.prepare_select(cat("FROM ", kTable)));
  }

  std::optional<Batch> next() override {
    while (!is_over_) {
      cancellation_.check();
      if (chunk_) {
        if (auto batch = chunk_->next()) return batch;
        chunk_.reset();
      }
      Chunk chunk = session_.fetch(result_);
      is_over_ = chunk.get() == nullptr;
      if (!is_over_) chunk_.emplace(std::move(chunk), layout_);
    }
    return std::nullopt;
  }

 private:
  const ResultChunk::Layout layout_;
  Cancellation& cancellation_;
  Failure failure_;
  EngineSession session_;
  Result result_;
  Cancellation::Hook interrupt_;
  std::optional<ResultChunk> chunk_;
  bool is_over_ = false;
};

}  // namespace

class Spool::Table {
 public:
  Table(const Schema& schema, const SqlOptions& options)
      : kept_(kept_schema(schema)), options_(options), session_(options, failure_) {}

  void fill(std::function<std::optional<Batch>()> next) {
    scan_.emplace(kSpoolScan, SqlInput{"rows", kept_, std::move(next)}, failure_, options_.cancellation);
    scan_->register_in(session_.connection());
    Cancellation::Hook interrupt;
    if (options_.cancellation != nullptr)
      interrupt = options_.cancellation->on_cancel([this] { session_.interrupt(); });
    session_.run(cat("CREATE TABLE ", kTable, " AS FROM ", kSpoolScan, "()"));
  }

  std::unique_ptr<Reader> read(Cancellation& cancellation) const {
    return std::make_unique<TableReader>(session_, kept_layout(kept_), cancellation);
  }

 private:
  Schema kept_;
  SqlOptions options_;
  Failure failure_;
  std::optional<InputScan> scan_;
  EngineSession session_;
};

Spool::Spool(const Schema& schema, const SqlOptions& options)
    : table_(std::make_unique<Table>(schema, options)) {}
Spool::~Spool() = default;

void Spool::fill(std::function<std::optional<Batch>()> next) { table_->fill(std::move(next)); }
std::unique_ptr<Spool::Reader> Spool::read(Cancellation& cancellation) const {
  return table_->read(cancellation);
}

}  // namespace osiris
