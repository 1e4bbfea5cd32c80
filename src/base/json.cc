#include "base/json.h"

namespace osiris {

std::string canonical_json(const Json& value) { return nlohmann::json(value).dump(); }

}  // namespace osiris
