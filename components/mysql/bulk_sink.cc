#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "mysql/row_sinks.h"

namespace osiris::mysql {

namespace {

/// On the wire a value is its indicator, its length and its bytes.
constexpr std::size_t kValueHeadBytes = 10;

/// A parameter of the statement: its values of all rows under way, as the client library wants them.
struct Parameter {
  std::vector<const char*> values;
  std::vector<unsigned long> lengths;
  std::vector<char> indicators;

  Parameter() : values(Batch::kMaxRows), lengths(Batch::kMaxRows), indicators(Batch::kMaxRows) {}
};

class BulkSink : public RowSink {
 public:
  BulkSink(Connection& connection, SinkTarget target, const SinkColumns& columns, RowEncoder encoder)
      : connection_(&connection),
        target_(std::move(target)),
        encoder_(std::move(encoder)),
        statement_(mysql_stmt_init(connection.handle())),
        parameters_(columns.columns.size()) {
    invariant(statement_ != nullptr, "the client library has memory");
    const std::string text = insert_statement(columns);
    if (mysql_stmt_prepare(statement_.get(), text.data(), text.size()) != 0) {
      connection_->fail(statement_.get());
    }
    for (const SinkColumns::Column& column : columns.columns) {
      types_.push_back(column.is_binary ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING);
    }
  }

  void write(const Batch& batch, std::size_t begin, std::size_t end) override {
    for (std::size_t row = begin; row < end; ++row) {
      if (const auto cells = encoder_.encode(batch, row)) append(*cells);
    }
    execute();  // for the values lie in the batch
    encoder_.clear();
  }

  std::uint64_t finish() override { return acknowledged_; }

 private:
  std::string insert_statement(const SinkColumns& columns) const;
  void append(std::span<const Cell> cells);
  void bind();
  void execute();

  Connection* connection_;
  SinkTarget target_;
  RowEncoder encoder_;
  Statement statement_;
  std::vector<enum_field_types> types_;
  std::vector<Parameter> parameters_;
  std::size_t row_count_ = 0, byte_count_ = 0;
  std::uint64_t acknowledged_ = 0;
};

std::string BulkSink::insert_statement(const SinkColumns& columns) const {
  const std::vector<std::string> marks(columns.columns.size(), "?");
  return cat(target_.replaces ? "REPLACE" : "INSERT", " INTO ", target_.table, " ", columns.list(),
             " VALUES (", join(marks, ", "), ")");
}

void BulkSink::append(std::span<const Cell> cells) {
  std::size_t bytes = 0;
  for (const Cell& cell : cells) bytes += kValueHeadBytes + (cell ? cell->size() : 0);
  if (bytes > target_.most_bytes) refuse_long_row(bytes, target_.most_bytes);
  if (row_count_ == Batch::kMaxRows || byte_count_ + bytes > target_.most_bytes) execute();
  for (std::size_t index = 0; index < cells.size(); ++index) {
    Parameter& parameter = parameters_[index];
    const Cell& cell = cells[index];
    parameter.values[row_count_] = cell ? cell->data() : nullptr;
    parameter.lengths[row_count_] = cell ? cell->size() : 0;
    parameter.indicators[row_count_] = cell ? STMT_INDICATOR_NONE : STMT_INDICATOR_NULL;
  }
  byte_count_ += bytes;
  ++row_count_;
}

void BulkSink::bind() {
  std::vector<MYSQL_BIND> bindings(parameters_.size());
  for (std::size_t index = 0; index < parameters_.size(); ++index) {
    bindings[index].buffer_type = types_[index];
    bindings[index].buffer = parameters_[index].values.data();
    bindings[index].length = parameters_[index].lengths.data();
    bindings[index].u.indicator = parameters_[index].indicators.data();
  }
  const auto rows = static_cast<unsigned>(row_count_);
  mysql_stmt_attr_set(statement_.get(), STMT_ATTR_ARRAY_SIZE, &rows);
  if (mysql_stmt_bind_param(statement_.get(), bindings.data()) != 0) connection_->fail(statement_.get());
}

void BulkSink::execute() {
  if (row_count_ == 0) return;
  bind();
  if (mysql_stmt_execute(statement_.get()) != 0) connection_->fail(statement_.get());
  // REPLACE counts a row that goes for one that comes.
  if (!target_.replaces) expect_rows(mysql_stmt_affected_rows(statement_.get()), row_count_);
  acknowledged_ += row_count_;
  row_count_ = 0;
  byte_count_ = 0;
}

}  // namespace

std::unique_ptr<RowSink> open_bulk_sink(Connection& connection, SinkTarget target, const SinkColumns& columns,
                                        RowEncoder encoder) {
  return std::make_unique<BulkSink>(connection, std::move(target), columns, std::move(encoder));
}

}  // namespace osiris::mysql
