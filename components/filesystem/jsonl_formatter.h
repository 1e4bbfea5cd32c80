#pragma once

#include <string>
#include <vector>

#include "filesystem/row_formatter.h"
#include "table/type.h"

namespace osiris::filesystem {

/// Writes batches as JSON lines: an object a row, its keys in the order of the columns.
///
/// Numbers and booleans stand as such with all their digits, JSON as it is spelled, NULL as null; everything
/// else is a string in its canonical form. A float that is no number, and a number whose source prints what
/// JSON does not know, is a string too.
/// Errors: kData "value.malformed" for JSON that is none and text that is not UTF-8.
class JsonlFormatter : public RowFormatter {
 public:
  /// The schema must outlive the formatter.
  JsonlFormatter(const Schema& schema, bool has_base64_bytes);

  void append_header(OutputBuffer&) override {}
  void append_rows(OutputBuffer& out, const Batch& batch, std::size_t first, std::size_t last) override;

 private:
  enum class Form : std::uint8_t { kNumber, kBoolean, kJson, kString, kBytes };
  struct Plan {
    std::string prefix;  ///< `,"key":`
    Form form;
  };

  void append_value(const Plan& plan, const ColumnView& column, std::size_t row, const ColumnType& type);

  const Schema* schema_;
  bool has_base64_bytes_;
  std::vector<Plan> plans_;
  std::string line_, value_;
};

}  // namespace osiris::filesystem
