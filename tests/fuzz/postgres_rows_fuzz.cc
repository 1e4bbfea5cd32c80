// Rows in the binary form of COPY, from a server that may be anybody's: they are refused, or every value of
// them prints.
#include <array>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "postgres/row_decoder.h"
#include "table/values.h"

namespace {

using osiris::postgres::ColumnPlan;

/// One column of each binary form; bit by bit a byte says which of them the rows have.
std::vector<ColumnPlan> plans_of(unsigned char choice) {
  constexpr std::array<std::array<std::uint32_t, 2>, 8> kTypes = {
      {{20, 16}, {1082, 21}, {1114, 1184}, {1186, 1083}, {1700, 701}, {2950, 700}, {3802, 17}, {25, 26}}};
  std::vector<ColumnPlan> plans;
  for (std::size_t bit = 0; bit < kTypes.size(); ++bit) {
    osiris::postgres::SourceColumn column;
    column.name = "c";
    column.type_number = kTypes[bit][(choice >> bit) & 1U];
    plans.push_back(plan_column(column));
  }
  return plans;
}

void print(const osiris::Batch& batch, const osiris::Schema& schema) {
  std::string out;
  for (std::size_t column = 0; column < schema.size(); ++column) {
    if (batch.column(column).is_valid(0)) append_value_text(out, batch.column(column), 0, schema[column]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using osiris::postgres::RowDecoder;
  if (size < 1) return 0;
  const RowDecoder decoder(plans_of(data[0]));
  std::string row(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t row_bytes = row.size();
  row.append(RowDecoder::kReadAhead, '\0');
  try {
    const osiris::postgres::BinaryRows rows{std::string_view(row).substr(0, row_bytes), 1};
    osiris::BatchBuilder builder(decoder.schema());
    decoder.decode(rows, builder);
    if (decoder.count_nulls(rows).size() != decoder.schema().size()) std::abort();
    print(builder.finish(), decoder.schema());
  } catch (const osiris::Error& error) {
    if (error.kind() == osiris::ErrorKind::kInternal) std::abort();
  }
  return 0;
}
