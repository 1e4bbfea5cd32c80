#include "filesystem/csv_rows.h"

#include <utility>

namespace osiris::filesystem {

namespace {

/// StringRef::of_kept() may read so far behind a value.
constexpr std::size_t kReadAhead = StringRef::kInlined;

/// Where a field's text lies.
struct Cell {
  static constexpr std::uint32_t kMostLength = (std::uint32_t{1} << 30U) - 1;

  std::uint32_t offset;
  std::uint32_t length : 30;
  bool is_null : 1;
  bool is_apart : 1;  ///< among the texts that had doubled quotes
};
static_assert(sizeof(Cell) == 8);

}  // namespace

class CsvRows::Rows : public UndecodedRows {
 public:
  Rows(std::size_t column_count, std::string format)
      : format_(std::move(format)), null_counts_(column_count) {}

  void append(const CsvRecord& record, CsvDialect dialect) {
    const auto begin = static_cast<std::uint32_t>(bytes_.size());
    const char* const raw_end = record.raw.data() + record.raw.size();
    for (std::size_t column = 0; column < record.fields.size(); ++column) {
      const CsvField& field = record.fields[column];
      const char* const text = field.text.data();
      Cell cell{begin + static_cast<std::uint32_t>(text - record.raw.data()),
                static_cast<std::uint32_t>(field.text.size()) & Cell::kMostLength, false, false};
      if (!field.is_quoted) {
        cell.is_null = field.text.empty();
        null_counts_[column] += cell.is_null ? 1 : 0;
      } else if (text < record.raw.data() || text > raw_end) {
        cell.offset = static_cast<std::uint32_t>(apart_.size());
        cell.is_apart = true;
        apart_ += field.text;
      } else {
        is_canonical_ = is_canonical_ && needs_quotes(field.text, dialect);
      }
      cells_.push_back(cell);
    }
    // At the start of a file such a row would need quotes.
    if (record.raw.starts_with(kByteOrderMark)) is_canonical_ = false;
    bytes_ += record.raw;
    bytes_ += '\n';
    ++row_count_;
  }

  std::size_t row_count() const { return row_count_; }
  /// With the columns that may be made of them.
  std::size_t byte_count() const {
    return bytes_.size() + apart_.size() + cells_.size() * (sizeof(Cell) + sizeof(StringRef));
  }
  void close() {
    row_bytes_ = bytes_.size();
    bytes_.append(kReadAhead, '\0');
    apart_.append(kReadAhead, '\0');
  }

  WireRows wire() const override {
    if (!is_canonical_) return {};
    return {format_, std::string_view(bytes_).substr(0, row_bytes_)};
  }
  std::uint64_t null_count(std::size_t column) const override { return null_counts_[column]; }

 protected:
  std::vector<ColumnView> decode() const override {
    const std::size_t column_count = null_counts_.size();
    const std::size_t words = (row_count_ + 63) / 64;
    values_.assign(column_count * row_count_, StringRef());
    validity_.assign(column_count * words, ~std::uint64_t{0});
    std::vector<ColumnView> columns;
    for (std::size_t column = 0; column < column_count; ++column) {
      StringRef* const values = values_.data() + column * row_count_;
      std::uint64_t* const validity = validity_.data() + column * words;
      for (std::size_t row = 0; row < row_count_; ++row) {
        const Cell& cell = cells_[row * column_count + column];
        if (cell.is_null) {
          validity[row / 64] &= ~(std::uint64_t{1} << (row % 64));
        } else {
          const std::string& bytes = cell.is_apart ? apart_ : bytes_;
          values[row] = StringRef::of_kept(bytes.data() + cell.offset, cell.length);
        }
      }
      columns.push_back({null_counts_[column] == 0 ? nullptr : validity, values});
    }
    return columns;
  }

 private:
  static bool needs_quotes(std::string_view text, CsvDialect dialect) {
    return text.empty() || text.find(dialect.delimiter) != std::string_view::npos ||
           text.find('\n') != std::string_view::npos || text.find('\r') != std::string_view::npos;
  }

  std::string format_;
  std::string bytes_, apart_;
  std::size_t row_bytes_ = 0, row_count_ = 0;
  std::vector<Cell> cells_;
  std::vector<std::uint64_t> null_counts_;
  bool is_canonical_ = true;
  // Made by decode(), once.
  mutable std::vector<StringRef> values_;
  mutable std::vector<std::uint64_t> validity_;
};

std::string csv_wire_format(CsvDialect dialect) {
  return {'c', 's', 'v', ' ', dialect.delimiter, dialect.quote};
}

CsvRows::CsvRows(CsvDialect dialect, std::size_t column_count)
    : dialect_(dialect), column_count_(column_count), format_(csv_wire_format(dialect)) {}
CsvRows::~CsvRows() = default;

void CsvRows::append(const CsvRecord& record) {
  if (!rows_) rows_ = std::make_shared<Rows>(column_count_, format_);
  rows_->append(record, dialect_);
}

std::size_t CsvRows::row_count() const { return rows_ ? rows_->row_count() : 0; }

bool CsvRows::is_full(std::size_t next_row_bytes) const {
  if (row_count() == 0) return false;
  const std::size_t next = next_row_bytes + column_count_ * (sizeof(Cell) + sizeof(StringRef));
  return row_count() == Batch::kMaxRows || rows_->byte_count() + next > Batch::kMaxBytes;
}

Batch CsvRows::finish() {
  rows_->close();
  const std::size_t row_count = rows_->row_count(), byte_count = rows_->byte_count();
  return Batch(std::exchange(rows_, nullptr), column_count_, row_count, byte_count);
}

}  // namespace osiris::filesystem
