#include "table/verdict.h"

namespace osiris {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact:
      return "exact";
    case Verdict::kWidening:
      return "widening";
    case Verdict::kChecked:
      return "checked";
    case Verdict::kLossy:
      return "lossy";
  }
  return {};
}

}  // namespace osiris
