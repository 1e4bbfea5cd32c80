#include "base/text.h"
#include "mysql/row_sinks.h"

namespace osiris::mysql {

namespace {

/// Measured: statements of 1 MiB are as fast as larger ones.
constexpr std::size_t kInsertBytes = std::size_t{1} << 20;

class InsertSink : public RowSink {
 public:
  InsertSink(Connection& connection, SinkTarget target, const SinkColumns& columns, RowEncoder encoder)
      : connection_(&connection), target_(std::move(target)), encoder_(std::move(encoder)) {
    head_ = cat(target_.replaces ? "REPLACE" : "INSERT", " INTO ", target_.table, " ", columns.list(),
                " VALUES ");
    for (const SinkColumns::Column& column : columns.columns) {
      openings_.emplace_back(column.is_binary ? "_binary'" : "'");
    }
  }

  void write(const Batch& batch, std::size_t begin, std::size_t end) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (const auto cells = encoder_.encode(batch, row)) append(*cells);
    }
    encoder_.clear();
  }

  std::uint64_t finish() override {
    insert();
    return acknowledged_;
  }

 private:
  void append(std::span<const Cell> cells);
  void append_literal(const Cell& cell, const std::string& opening);
  void insert();

  Connection* connection_;
  SinkTarget target_;
  RowEncoder encoder_;
  std::string head_;
  std::vector<std::string> openings_;
  std::string row_, statement_;
  std::uint64_t row_count_ = 0, acknowledged_ = 0;
};

void InsertSink::append(std::span<const Cell> cells) {
  row_.clear();
  for (std::size_t index = 0; index < cells.size(); ++index) {
    row_ += index == 0 ? '(' : ',';
    append_literal(cells[index], openings_[index]);
  }
  row_ += ')';
  const std::size_t most_bytes = std::min(target_.most_bytes, kInsertBytes);
  if (head_.size() + row_.size() > target_.most_bytes) refuse_long_row(row_.size(), target_.most_bytes);
  if (row_count_ > 0 && statement_.size() + row_.size() + 1 > most_bytes) insert();
  statement_ += row_count_ == 0 ? head_ : ",";
  statement_ += row_;
  ++row_count_;
}

void InsertSink::append_literal(const Cell& cell, const std::string& opening) {
  if (!cell) {
    row_ += "NULL";
    return;
  }
  row_ += opening;
  const std::size_t begin = row_.size();
  row_.resize(begin + 2 * cell->size() + 1);
  const unsigned long size =
      mysql_real_escape_string(connection_->handle(), row_.data() + begin, cell->data(), cell->size());
  row_.resize(begin + size);
  row_ += '\'';
}

void InsertSink::insert() {
  if (row_count_ == 0) return;
  const std::uint64_t changed = connection_->run(statement_);
  // REPLACE counts a row that goes for one that comes.
  if (!target_.replaces) expect_rows(changed, row_count_);
  acknowledged_ += row_count_;
  row_count_ = 0;
  statement_.clear();
}

}  // namespace

std::unique_ptr<RowSink> open_insert_sink(Connection& connection, SinkTarget target,
                                          const SinkColumns& columns, RowEncoder encoder) {
  return std::make_unique<InsertSink>(connection, std::move(target), columns, std::move(encoder));
}

}  // namespace osiris::mysql
