#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supabase/rest_table.h"
#include "table/batch.h"

namespace osiris::supabase {

/// Rows as the JSON array of a request. Each value is the text that PostgreSQL reads, so that a number keeps
/// all its digits; only JSON stands as it is.
class RestBody {
 public:
  /// Appends a row of the batch: of each source column the value, under the target's name.
  /// Errors: kData "value.malformed" for a text that is to be JSON and is none; the row is then not there.
  void append(const Batch& batch, std::size_t row, const Schema& schema,
              const std::vector<std::size_t>& sources, const std::vector<const RestTable::Column*>& targets);

  std::size_t row_count() const { return ends_.size(); }
  std::size_t byte_count() const { return text_.size(); }
  /// The array of rows [begin, end).
  std::string array(std::size_t begin, std::size_t end) const;
  /// The object of one row.
  std::string_view object(std::size_t row) const;
  void clear();

 private:
  std::string text_;               ///< objects, one behind the other
  std::vector<std::size_t> ends_;  ///< where each ends
};

}  // namespace osiris::supabase
