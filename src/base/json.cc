#include "base/json.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace osiris {

std::string canonical_json(const Json& value) { return nlohmann::json(value).dump(); }

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t count_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace osiris
