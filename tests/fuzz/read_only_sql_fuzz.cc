// Any text is judged without a crash; and whatever passes as one statement is refused once another
// statement follows it, in every combination of lexical rules.
#include "component/read_only_sql.h"

#include <cstdlib>

namespace {

constexpr unsigned kDialects = 64;

osiris::SqlDialect dialect_of(unsigned bits) {
  return {(bits & 1U) != 0, (bits & 2U) != 0,  (bits & 4U) != 0,
          (bits & 8U) != 0, (bits & 16U) != 0, (bits & 32U) != 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string sql(reinterpret_cast<const char*>(data), size);
  for (unsigned bits = 0; bits < kDialects; ++bits) {
    const osiris::SqlDialect dialect = dialect_of(bits);
    const auto finding = osiris::find_not_read_only(sql, dialect);
    if (finding && finding->offset > size) std::abort();
    if (!finding && !osiris::find_not_read_only(sql + "\n;DELETE FROM t", dialect)) std::abort();
  }
  return 0;
}
