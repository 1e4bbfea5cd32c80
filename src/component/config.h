#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "component/spec.h"

namespace osiris {

/// A step's resolved configuration: defaults filled in, types checked by the validator before.
/// Asking for a key that the spec does not declare throws kInternal at once, so that code and spec
/// cannot drift apart.
class Config {
 public:
  /// `values` are the canonical names only. The spec must outlive the config.
  Config(const std::vector<Field>& fields, Json values);

  bool has(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::optional<std::string> optional_text(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::chrono::milliseconds duration(std::string_view key) const;
  std::uint64_t size(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// The value as it is; null when absent.
  const Json& value(std::string_view key) const;
  /// Keys asked for so far; the conformance suite compares them with the spec.
  const std::set<std::string>& keys_read() const { return read_; }

 private:
  const Json& at(std::string_view key) const;

  const std::vector<Field>* fields_;
  Json values_;
  mutable std::set<std::string> read_;
};

/// A connection's fields after ${…} was resolved; numbers are numbers, aliases are canonical names.
/// Secret fields come out by secret() only.
class ConnectionConfig {
 public:
  /// Every resolved value arrives as a Secret; the spec says which become plain, and which of those are paths
  /// that start at `base_folder`.
  /// Errors: kUser "connection.invalid" naming the field.
  ConnectionConfig(std::string family, std::string alias, const ConnectionSpec& spec,
                   const std::map<std::string, Secret>& values,
                   const std::filesystem::path& base_folder = {});

  const std::string& family() const { return family_; }
  const std::string& alias() const { return alias_; }
  /// "@family.alias".
  std::string reference() const { return "@" + family_ + "." + alias_; }

  /// A secret that is empty is not there: a variable with an empty default leaves it out.
  bool has(std::string_view key) const { return config_.has(key) || !secret(key).empty(); }
  const Config& plain() const { return config_; }
  /// Empty when absent.
  const Secret& secret(std::string_view key) const;
  /// The non-secret fields, for events and doctor.
  const Json& shown() const { return shown_; }
  /// Removes every secret value of this connection from an outside text.
  std::string without_secrets(std::string text) const;

 private:
  ConnectionConfig(std::string family, std::string alias, const ConnectionSpec& spec, Json plain,
                   std::map<std::string, Secret> secrets);
  static ConnectionConfig sorted(std::string family, std::string alias, const ConnectionSpec& spec,
                                 const std::map<std::string, Secret>& values,
                                 const std::filesystem::path& base_folder);

  std::string family_, alias_;
  Json shown_;
  Config config_;
  std::map<std::string, Secret> secrets_;
};

}  // namespace osiris
