// The three roads into a table, the fastest first. All of them send what RowEncoder makes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/load_target.h"
#include "load/table_match.h"
#include "mysql/connection.h"
#include "mysql/row_encoder.h"

namespace osiris::mysql {

/// The columns of a sink's rows, in the order of the encoder's cells.
struct SinkColumns {
  struct Column {
    std::string quoted;
    bool is_binary = false;      ///< bytes, not text of the connection's charset
    bool needs_charset = false;  ///< text whose bytes the server would not take for what they are
  };
  std::vector<Column> columns;

  SinkColumns(const TableMatch& match, bool is_staged);
  /// "(`a`, `b`)".
  std::string list() const;
};

/// Where rows go, and what becomes of rows with the same key.
struct SinkTarget {
  std::string table;           ///< quoted
  bool replaces = false;       ///< the last row of a key stays; else it is an error
  std::size_t most_bytes = 0;  ///< of one statement: what the server's max_allowed_packet leaves
};

/// MariaDB's bulk binding: a prepared INSERT that takes a batch of rows at a time.
std::unique_ptr<RowSink> open_bulk_sink(Connection& connection, SinkTarget target, const SinkColumns& columns,
                                        RowEncoder encoder);
/// LOAD DATA LOCAL INFILE, whose file is in memory.
std::unique_ptr<RowSink> open_load_data_sink(Connection& connection, SinkTarget target,
                                             const SinkColumns& columns, RowEncoder encoder);
/// INSERT … VALUES of many rows, for every server.
std::unique_ptr<RowSink> open_insert_sink(Connection& connection, SinkTarget target,
                                          const SinkColumns& columns, RowEncoder encoder);

/// What a statement acknowledged, which has to be what it was sent. Errors: kData "load.rows_lost".
void expect_rows(std::uint64_t acknowledged, std::uint64_t sent);
/// A row that no statement has room for. Errors: kData "value.too_long".
[[noreturn]] void refuse_long_row(std::size_t bytes, std::size_t most_bytes);

}  // namespace osiris::mysql
