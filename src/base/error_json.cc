#include "base/error_json.h"

namespace osiris {

Json error_json(const Error& error) {
  Json json{{"code", error.code()},
            {"kind", to_string(error.kind())},
            {"message", error.message()},
            {"hint", error.hint()},
            {"location", error.location().to_string()},
            {"retryable", error.is_retryable()}};
  if (!error.step().empty()) json["step_id"] = error.step();
  return json;
}

}  // namespace osiris
