#include "sandbox/call_message.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

[[noreturn]] void refuse_field(const char* key, const char* wanted) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", cat("the field '", key, "' is not ", wanted));
}

/// Texts end up as arguments of system calls, which end them at a zero byte.
std::string text_without_zeros(const Json& value, const char* key) {
  if (!value.is_string()) refuse_field(key, "a text");
  std::string text = value.get<std::string>();
  if (text.find('\0') != std::string::npos) refuse_field(key, "free of zero bytes");
  return text;
}

}  // namespace

Json parse_peer_json(std::string_view text) {
  // No message of a call has more than five levels; copying one goes as deep as it is nested.
  constexpr int kMostLevels = 64;
  const auto check_depth = [](int depth, Json::parse_event_t, const Json&) {
    if (depth > kMostLevels)
      throw Error(ErrorKind::kUser, "sandbox.invalid_argument", "JSON that is nested too deep");
    return true;
  };
  return Json::parse(text, check_depth, false);
}

CallMessage::CallMessage(Json json) : json_(std::move(json)) {
  if (!json_.is_object()) throw Error(ErrorKind::kUser, "sandbox.invalid_argument", "not a JSON object");
}

CallMessage CallMessage::parse(std::string_view text) { return CallMessage(parse_peer_json(text)); }

const Json* CallMessage::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool CallMessage::has(const char* key) const { return find(key) != nullptr; }

std::string CallMessage::text(const char* key) const {
  const Json* const value = find(key);
  return value == nullptr ? std::string() : text_without_zeros(*value, key);
}

bool CallMessage::flag(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse_field(key, "true or false");
  return value->get<bool>();
}

std::int64_t CallMessage::number(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) refuse_field(key, "a number");
  if (value->is_number_integer()) return value->get<std::int64_t>();
  const auto number = value->is_string() ? parse_integer(value->get<std::string>()) : std::nullopt;
  if (!number) refuse_field(key, "a number");
  return *number;
}

std::vector<std::string> CallMessage::texts(const char* key) const {
  std::vector<std::string> all;
  const Json* const value = find(key);
  if (value == nullptr) return all;
  if (!value->is_array()) refuse_field(key, "a list");
  for (const Json& item : *value) all.push_back(text_without_zeros(item, key));
  return all;
}

std::map<std::string, std::string> CallMessage::texts_by_name(const char* key) const {
  std::map<std::string, std::string> all;
  const Json* const value = find(key);
  if (value == nullptr) return all;
  if (!value->is_object()) refuse_field(key, "an object");
  for (const auto& [name, item] : value->items()) all[name] = text_without_zeros(item, key);
  return all;
}

CallMessage CallMessage::message(const char* key) const {
  const Json* const value = find(key);
  if (value == nullptr) return CallMessage(Json::object());
  if (!value->is_object()) refuse_field(key, "an object");
  return CallMessage(*value);
}

std::string message_text(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace osiris::sandbox
