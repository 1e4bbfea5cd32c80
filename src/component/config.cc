#include "component/config.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

Config::Config(const std::vector<Field>& fields, Json values) : fields_(&fields), values_(std::move(values)) {
  for (const Field& field : fields) {
    if (field.default_value && !values_.contains(field.name)) values_[field.name] = *field.default_value;
  }
}

const Json& Config::at(std::string_view key) const {
  static const Json kAbsent;
  bool is_declared = false;
  for (const Field& field : *fields_) is_declared = is_declared || field.name == key;
  invariant(is_declared, cat("the spec declares the key '", key, "'"));
  read_.emplace(key);
  const auto found = values_.find(key);
  return found == values_.end() ? kAbsent : *found;
}

bool Config::has(std::string_view key) const { return !at(key).is_null(); }

std::string Config::text(std::string_view key) const {
  const Json& value = at(key);
  invariant(value.is_string(), cat("the config key '", key, "' is text"));
  return value.get<std::string>();
}

std::optional<std::string> Config::optional_text(std::string_view key) const {
  const Json& value = at(key);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::int64_t Config::integer(std::string_view key) const {
  const Json& value = at(key);
  invariant(value.is_number_integer(), cat("the config key '", key, "' is an integer"));
  return value.get<std::int64_t>();
}

bool Config::boolean(std::string_view key) const {
  const Json& value = at(key);
  invariant(value.is_boolean(), cat("the config key '", key, "' is true or false"));
  return value.get<bool>();
}

std::chrono::milliseconds Config::duration(std::string_view key) const {
  const auto milliseconds = parse_duration_ms(text(key));
  invariant(milliseconds.has_value(), cat("the config key '", key, "' is a duration"));
  return std::chrono::milliseconds(*milliseconds);
}

std::uint64_t Config::size(std::string_view key) const {
  const auto bytes = parse_size(text(key));
  invariant(bytes.has_value(), cat("the config key '", key, "' is a size"));
  return *bytes;
}

std::vector<std::string> Config::texts(std::string_view key) const {
  const Json& value = at(key);
  std::vector<std::string> out;
  for (const Json& item : value) out.push_back(item.get<std::string>());
  return out;
}

const Json& Config::value(std::string_view key) const { return at(key); }

namespace {

[[noreturn]] void refuse(const std::string& reference, const std::string& field, const std::string& what) {
  throw Error(ErrorKind::kUser, "connection.invalid",
              cat("the field '", field, "' of ", reference, " ", what));
}

/// The typed value of a plain field's resolved text.
Json typed(const Field& field, const std::string& text, const std::string& reference) {
  switch (field.type) {
    case FieldType::kInteger: {
      const auto value = parse_integer(trim(text));
      if (!value) refuse(reference, field.name, cat("is not an integer: '", text, "'"));
      const auto number = static_cast<double>(*value);
      if ((field.minimum && number < *field.minimum) || (field.maximum && number > *field.maximum)) {
        refuse(reference, field.name, cat("is out of range: '", text, "'"));
      }
      return *value;
    }
    case FieldType::kBoolean:
      if (text != "true" && text != "false")
        refuse(reference, field.name, cat("is not true or false: '", text, "'"));
      return text == "true";
    case FieldType::kDuration:
      if (!parse_duration_ms(text))
        refuse(reference, field.name, cat("is not a duration like 30s: '", text, "'"));
      return text;
    case FieldType::kSize:
      if (!parse_size(text)) refuse(reference, field.name, cat("is not a size like 64MiB: '", text, "'"));
      return text;
    default:
      break;
  }
  if (!field.allowed.empty() &&
      std::find(field.allowed.begin(), field.allowed.end(), Json(text)) == field.allowed.end()) {
    refuse(reference, field.name, cat("must be one of ", Json(field.allowed).dump(), ", not '", text, "'"));
  }
  return text;
}

}  // namespace

ConnectionConfig::ConnectionConfig(std::string family, std::string alias, const ConnectionSpec& spec,
                                   const std::map<std::string, Secret>& values,
                                   const std::filesystem::path& base_folder)
    : ConnectionConfig(sorted(std::move(family), std::move(alias), spec, values, base_folder)) {}

ConnectionConfig::ConnectionConfig(std::string family, std::string alias, const ConnectionSpec& spec,
                                   Json plain, std::map<std::string, Secret> secrets)
    : family_(std::move(family)),
      alias_(std::move(alias)),
      shown_(plain),
      config_(spec.fields, std::move(plain)),
      secrets_(std::move(secrets)) {}

ConnectionConfig ConnectionConfig::sorted(std::string family, std::string alias, const ConnectionSpec& spec,
                                          const std::map<std::string, Secret>& values,
                                          const std::filesystem::path& base_folder) {
  const std::string reference = cat("@", family, ".", alias);
  Json plain = Json::object();
  std::map<std::string, Secret> secrets;
  for (const auto& [name, value] : values) {
    const Field* field = spec.find(name);
    if (field == nullptr) {
      throw Error(ErrorKind::kUser, "connection.unknown_field",
                  cat("unknown field of ", reference, ": '", name, "'"),
                  suggestion(name, spec.field_names()));
    }
    if (plain.contains(field->name) || secrets.contains(field->name)) {
      refuse(reference, field->name, cat("is given twice, once as '", name, "'"));
    }
    if (field->is_secret) {
      secrets.emplace(field->name, value);
    } else {
      const Json given = typed(*field, value.reveal(), reference);
      const bool is_path = field->is_path && !base_folder.empty();
      plain[field->name] =
          is_path ? Json((base_folder / given.get<std::string>()).lexically_normal().string()) : given;
    }
  }
  for (const Field& field : spec.fields) {
    const bool is_given = plain.contains(field.name) || secrets.contains(field.name);
    if (field.is_required && !is_given && !field.default_value) refuse(reference, field.name, "is missing");
  }
  return {std::move(family), std::move(alias), spec, std::move(plain), std::move(secrets)};
}

const Secret& ConnectionConfig::secret(std::string_view key) const {
  static const Secret kAbsent;
  const auto found = secrets_.find(std::string(key));
  return found == secrets_.end() ? kAbsent : found->second;
}

std::string ConnectionConfig::without_secrets(std::string text) const {
  for (const auto& [name, secret] : secrets_) text = without_secret(std::move(text), secret);
  return text;
}

}  // namespace osiris
