#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "session/events.h"

/// One table of fields per struct, from which both its JSON and its reading back come. Private to session/.
namespace osiris::session {

/// A member and its key.
template <typename Struct, typename Member>
struct Field {
  std::string_view key;
  Member Struct::*member;
};

/// A member whose own fields stand in the object of its owner.
template <typename Struct, typename Member>
struct Inlined {
  Member Struct::*member;
};

/// A time in milliseconds that a reader sees as ISO 8601 and that is not read back: a session's name has it.
template <typename Struct>
struct TimeField {
  std::string_view key;
  std::int64_t Struct::*member;
};

template <typename S, typename M>
Field(const char*, M S::*) -> Field<S, M>;
template <typename S, typename M>
Inlined(M S::*) -> Inlined<S, M>;
template <typename S>
TimeField(const char*, std::int64_t S::*) -> TimeField<S>;

/// Specialised with `static constexpr auto kFields = std::tuple{Field{…}, …}`, in the order of the JSON.
template <typename Struct>
struct Description;

template <typename T>
concept Described = requires {
  Description<T>::kFields;
};

template <Described T>
Json to_fields(const T& record);
template <Described T>
void from_fields(const Json& object, T& record);

void put(Json& object, std::string_view key, Json value);
/// An empty text is left out.
void put(Json& object, std::string_view key, const std::string& text);
void put(Json& object, std::string_view key, SessionStatus status);
void put(Json& object, std::string_view key, bool flag);
void put(Json& object, std::string_view key, int number);
void put(Json& object, std::string_view key, std::int64_t number);
void put(Json& object, std::string_view key, std::uint64_t number);
void put(Json& object, std::string_view key, double number);
void put(Json& object, std::string_view key, const std::vector<std::string>& texts);

template <Described T>
void put(Json& object, std::string_view key, const T& record) {
  put(object, key, to_fields(record));
}

template <Described T>
void put(Json& object, std::string_view key, const std::vector<T>& records) {
  Json array = Json::array();
  for (const T& record : records) array.push_back(to_fields(record));
  put(object, key, std::move(array));
}

template <typename T>
void put(Json& object, std::string_view key, const std::optional<T>& value) {
  if (value) put(object, key, *value);
}

/// A value of another type changes nothing.
void get(const Json& value, std::string& text);
void get(const Json& value, bool& flag);
void get(const Json& value, int& number);
void get(const Json& value, std::int64_t& number);
void get(const Json& value, std::uint64_t& number);
void get(const Json& value, double& number);
void get(const Json& value, SessionStatus& status);
void get(const Json& value, Json& object);

template <Described T>
void get(const Json& value, T& record) {
  if (value.is_object()) from_fields(value, record);
}

template <typename T>
void get(const Json& value, std::vector<T>& values) {
  if (!value.is_array()) return;
  for (const Json& element : value) get(element, values.emplace_back());
}

template <typename T>
void get(const Json& value, std::optional<T>& optional) {
  get(value, optional.emplace());
}

/// The object's member of that name, or null.
const Json* find(const Json& object, std::string_view key);

template <typename S, typename M>
void put_field(Json& object, const S& record, const Field<S, M>& field) {
  put(object, field.key, record.*field.member);
}

template <typename S, typename M>
void put_field(Json& object, const S& record, const Inlined<S, M>& field) {
  object.update(to_fields(record.*field.member));
}

template <typename S>
void put_field(Json& object, const S& record, const TimeField<S>& field) {
  put(object, field.key, iso8601(record.*field.member));
}

template <typename S, typename M>
void get_field(const Json& object, S& record, const Field<S, M>& field) {
  if (const Json* const value = find(object, field.key)) get(*value, record.*field.member);
}

template <typename S, typename M>
void get_field(const Json& object, S& record, const Inlined<S, M>& field) {
  from_fields(object, record.*field.member);
}

template <typename S>
void get_field(const Json&, S&, const TimeField<S>&) {}

template <Described T>
Json to_fields(const T& record) {
  Json object = Json::object();
  std::apply([&](const auto&... field) { (put_field(object, record, field), ...); }, Description<T>::kFields);
  return object;
}

template <Described T>
void from_fields(const Json& object, T& record) {
  std::apply([&](const auto&... field) { (get_field(object, record, field), ...); }, Description<T>::kFields);
}

/// Reads the one member whose key it is; a key that no member has changes nothing.
template <Described T>
void set_field(T& record, std::string_view key, const Json& value) {
  const auto set = [&]<typename Member>(const Field<T, Member>& field) {
    if (field.key == key) get(value, record.*field.member);
  };
  const auto set_or_skip = [&](const auto& field) {
    if constexpr (requires { set(field); }) set(field);
  };
  std::apply([&](const auto&... field) { (set_or_skip(field), ...); }, Description<T>::kFields);
}

/// The text of one line. Bytes that are no UTF-8 become U+FFFD, so that every line can be read.
std::string to_line(const Json& object);

template <>
struct Description<FailureFacts> {
  static constexpr auto kFields =
      std::tuple{Field{"code", &FailureFacts::code},         Field{"kind", &FailureFacts::kind},
                 Field{"message", &FailureFacts::message},   Field{"hint", &FailureFacts::hint},
                 Field{"location", &FailureFacts::location}, Field{"retryable", &FailureFacts::retryable}};
};

}  // namespace osiris::session
