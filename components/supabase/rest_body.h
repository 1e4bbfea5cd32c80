#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/table_match.h"
#include "table/batch.h"

namespace osiris::supabase {

/// Prints rows as JSON objects under the names of the table's columns. Each value is the text that PostgreSQL
/// reads, so that a number keeps all its digits; only JSON stands as it is.
class RestColumns {
 public:
  RestColumns(const Schema& schema, const TableMatch& match);

  /// Errors: kData "value.malformed" for a text that is to be JSON and is none; a part may then be printed.
  void append_object(std::string& out, const Batch& batch, std::size_t row);
  /// The table's columns, in the order of the objects.
  std::vector<std::string> names() const;

 private:
  struct Column {
    std::size_t source = 0;  ///< index in the schema
    ColumnType type;
    std::string name;
    std::string opening;  ///< `,"name":`
    bool is_json = false;
  };
  std::vector<Column> columns_;
  std::string text_;  ///< of one value
};

/// Rows of one request.
class RestBody {
 public:
  /// Errors: those of RestColumns::append_object(); the row is then not there.
  void append(RestColumns& columns, const Batch& batch, std::size_t row);

  std::size_t row_count() const { return ends_.size(); }
  std::size_t byte_count() const { return text_.size(); }
  /// Appends the JSON array of rows [begin, end).
  void append_array(std::string& out, std::size_t begin, std::size_t end) const;
  /// The object of one row.
  std::string_view object(std::size_t row) const;

 private:
  std::string text_;               ///< objects, one behind the other
  std::vector<std::size_t> ends_;  ///< where each ends
};

}  // namespace osiris::supabase
