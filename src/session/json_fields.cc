#include "session/json_fields.h"

#include <utility>

namespace osiris::session {

void put(Json& object, std::string_view key, Json value) { object[std::string(key)] = std::move(value); }
void put(Json& object, std::string_view key, const std::string& text) {
  if (!text.empty()) put(object, key, Json(text));
}
void put(Json& object, std::string_view key, SessionStatus status) {
  put(object, key, Json(to_string(status)));
}
void put(Json& object, std::string_view key, bool flag) { put(object, key, Json(flag)); }
void put(Json& object, std::string_view key, int number) { put(object, key, Json(number)); }
void put(Json& object, std::string_view key, std::int64_t number) { put(object, key, Json(number)); }
void put(Json& object, std::string_view key, std::uint64_t number) { put(object, key, Json(number)); }
void put(Json& object, std::string_view key, double number) { put(object, key, Json(number)); }
void put(Json& object, std::string_view key, const std::vector<std::string>& texts) {
  put(object, key, Json(texts));
}

void get(const Json& value, std::string& text) {
  if (value.is_string()) text = value.get_ref<const std::string&>();
}
void get(const Json& value, bool& flag) {
  if (value.is_boolean()) flag = value.get<bool>();
}
void get(const Json& value, int& number) {
  if (value.is_number_integer()) number = value.get<int>();
}
void get(const Json& value, std::int64_t& number) {
  if (value.is_number_integer()) number = value.get<std::int64_t>();
}
void get(const Json& value, std::uint64_t& number) {
  if (value.is_number_unsigned()) number = value.get<std::uint64_t>();
}
void get(const Json& value, double& number) {
  if (value.is_number()) number = value.get<double>();
}
void get(const Json& value, SessionStatus& status) {
  if (value.is_string()) status = parse_status(value.get_ref<const std::string&>()).value_or(status);
}
void get(const Json& value, Json& object) {
  if (value.is_object()) object = value;
}

const Json* find(const Json& object, std::string_view key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::string to_line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace osiris::session
