#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "component/component.h"
#include "load/load_target.h"
#include "postgres/connection.h"
#include "postgres/copy_buffer.h"
#include "postgres/copy_encoder.h"

namespace osiris::postgres {

/// The column of a staging table that counts the load's rows.
constexpr std::string_view kRowNumberColumn = "_osiris_row";

/// Whether rows of a wire's format are what COPY takes for these columns, byte for byte.
class RelayCheck {
 public:
  RelayCheck(const Schema& schema, const TableMatch& match);

  bool admits(std::string_view format) const;
  /// Whether rows of such a schema are admitted, should they come undecoded.
  bool admits(const Schema& schema) const;

 private:
  struct WireType {
    std::uint32_t number;
    std::int32_t modifier;
  };
  std::vector<WireType> wanted_;  ///< of the table's columns; empty where rows cannot be passed on
};

/// COPY … FROM STDIN into one table. Rows of a server like this one pass undecoded where they can.
class CopySink : public RowSink {
 public:
  struct Target {
    std::string table;  ///< quoted
    std::optional<std::uint64_t> first_row_number;
  };
  CopySink(Connection& connection, Context& context, const Target& target, const Schema& schema,
           const TableMatch& match, const LossyColumns& lossy, RowPolicy& policy);

  void write(const Batch& batch, std::size_t begin, std::size_t end) override;
  std::uint64_t finish() override;

 private:
  bool relays(const Batch& batch, std::size_t begin, std::size_t end);
  void send(std::string_view rows);
  void open_copy();
  /// Ends the statement and takes the server's count, or its error.
  void close_copy();
  void put(std::string_view bytes);
  [[noreturn]] void fail(const PGresult* result) const;

  Connection* connection_;
  Context* context_;
  RowPolicy* policy_;
  CopyEncoder encoder_;
  std::optional<RelayCheck> relay_check_;
  std::string statement_;
  std::pair<std::string, bool> last_format_;  ///< a wire's, and whether it is admitted
  CopyBuffer buffer_;
  bool is_open_ = false;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace osiris::postgres
