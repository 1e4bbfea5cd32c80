#include "postgres/row_stream.h"

#include "base/text.h"
#include "postgres/byte_order.h"
#include "postgres/copy_buffer.h"

namespace osiris::postgres {

namespace {

struct MessageDeleter {
  void operator()(char* message) const { PQfreemem(message); }
};

/// What stands before the first row. Source: PostgreSQL 15 manual, COPY, binary format, file header.
std::size_t header_size(std::string_view message) {
  constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
  constexpr std::size_t kFixed = 19;
  invariant(message.size() >= kFixed && message.starts_with(kSignature),
            "binary COPY begins with its signature");
  const auto extension = load_big_endian<std::uint32_t>(message.data() + kFixed - sizeof(std::uint32_t));
  invariant(message.size() - kFixed >= extension, "the header of binary COPY is whole");
  return kFixed + extension;
}

/// Minus one in the place of the number of columns.
bool is_trailer(std::string_view message) {
  return message.size() == sizeof(std::int16_t) && load_big_endian<std::int16_t>(message.data()) == -1;
}

class CopyStream : public RowStream {
 public:
  CopyStream(Connection& connection, const std::string& statement) : connection_(&connection) {
    connection.send(statement);
    connection.expect(connection.next_result(), PGRES_COPY_OUT);
  }

  std::optional<std::string_view> next() override {
    while (auto message = next_message()) {
      if (!has_header_) {
        message->remove_prefix(header_size(*message));
        has_header_ = true;
      }
      if (!message->empty() && !is_trailer(*message)) return message;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string_view> next_message();

  Connection* connection_;
  std::unique_ptr<char, MessageDeleter> message_;
  bool has_header_ = false;
};

std::optional<std::string_view> CopyStream::next_message() {
  constexpr int kNothingYet = 0, kAtEnd = -1;
  for (;;) {
    char* bytes = nullptr;
    const int size = PQgetCopyData(connection_->handle(), &bytes, 1);
    message_.reset(bytes);
    if (size > 0) return std::string_view(bytes, static_cast<std::size_t>(size));
    if (size == kNothingYet) {
      connection_->wait_readable();
    } else if (size == kAtEnd) {
      connection_->expect(connection_->next_result(), PGRES_COMMAND_OK);
      return std::nullopt;
    } else {
      connection_->fail();
    }
  }
}

class TextStream : public RowStream {
 public:
  TextStream(Connection& connection, const std::string& statement) : rows_(connection.rows(statement)) {}

  std::optional<std::string_view> next() override {
    if (next_ == rows_.size()) return std::nullopt;
    buffer_.cut(0);
    const Row& row = rows_[next_++];
    buffer_.take(put_big_endian(buffer_.room(sizeof(std::int16_t)), static_cast<std::int16_t>(row.size())));
    for (const std::optional<std::string>& value : row) append(value);
    return buffer_.view();
  }

 private:
  void append(const std::optional<std::string>& value) {
    const auto length = value ? static_cast<std::int32_t>(value->size()) : -1;
    buffer_.take(put_big_endian(buffer_.room(sizeof length), length));
    if (value) buffer_.append(*value);
  }

  std::vector<Row> rows_;
  std::size_t next_ = 0;
  CopyBuffer buffer_;
};

}  // namespace

std::unique_ptr<RowStream> open_copy(Connection& connection, const std::string& statement) {
  return std::make_unique<CopyStream>(connection, statement);
}

std::unique_ptr<RowStream> open_text(Connection& connection, const std::string& statement) {
  return std::make_unique<TextStream>(connection, statement);
}

}  // namespace osiris::postgres
