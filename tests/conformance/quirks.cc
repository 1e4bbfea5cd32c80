#include "tests/conformance/quirks.h"

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "format/yaml.h"
#include "tests/conformance/places.h"

namespace osiris::conformance {

namespace {

TypeId type_called(const std::string& name) {
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    if (to_string(LogicalType{static_cast<TypeId>(id), 18, 2}) == name) return static_cast<TypeId>(id);
  }
  invariant(false, cat("there is a type '", name, "'"));
  return TypeId::kText;
}

std::map<std::string, Schema> read_inputs(const yaml::Node& node) {
  std::map<std::string, Schema> inputs;
  for (const auto& input : node.entries) {
    for (const auto& column : input.value.entries) {
      ColumnType& type = inputs[input.key].emplace_back();
      type.name = column.key;
      type.type.id = type_called(column.value.text);
    }
  }
  return inputs;
}

void read_entry(const yaml::Node::Entry& entry, const std::string& where, Quirks& quirks) {
  const yaml::Node& value = entry.value;
  if (entry.key == "needs_server") {
    quirks.needs_server = value.text;
  } else if (entry.key == "user_code") {
    quirks.user_code = value.text;
  } else if (entry.key == "files") {
    for (const auto& file : value.entries) quirks.files[file.key] = file.value.text;
  } else if (entry.key == "made_files") {
    quirks.made_files = read_inputs(value);
  } else if (entry.key == "inputs") {
    for (const auto& example : value.entries) quirks.inputs[example.key] = read_inputs(example.value);
  } else if (entry.key == "passes_on") {
    quirks.passes_on = value.to_json();
  } else if (entry.key == "unread") {
    for (const auto& key : value.entries) quirks.unread[key.key] = key.value.text;
  } else if (entry.key == "narrows") {
    for (const auto& type : value.entries) quirks.narrows[type.key] = type.value.text;
  } else if (entry.key == "prints_bytes_as_hex" || entry.key == "is_told_columns") {
    (entry.key == "is_told_columns" ? quirks.is_told_columns : quirks.prints_bytes_as_hex) = true;
    invariant(value.is_text() && !is_blank(value.text), cat(where, " gives a reason"));
  } else {
    invariant(false, cat(where, " has no unknown key '", entry.key, "'"));
  }
}

}  // namespace

Quirks quirks_of(const std::string& component) {
  const std::size_t dot = component.find('.');
  const fs::path file = components_folder() / component.substr(0, dot) / "quirks.yaml";
  Quirks quirks;
  const auto text = read_file_if_exists(file);
  if (!text) return quirks;
  const yaml::Node root = yaml::parse(*text, file.filename().string());
  const yaml::Node* const own = root.find(component.substr(dot + 1));
  if (own == nullptr) return quirks;
  for (const auto& entry : own->entries) read_entry(entry, cat("the quirks of ", component), quirks);
  return quirks;
}

}  // namespace osiris::conformance
