// Any bytes as a page of rows: they are refused, or a reader of all JSON reads the same.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "format/json_rows.h"

namespace {

/// What a cell has to be, from the value that another reader found.
bool is_same(const osiris::JsonCell& cell, const osiris::Json* value) {
  if (value == nullptr || value->is_null()) return !cell;
  if (!cell) return false;
  if (value->is_string()) return *cell == value->get_ref<const std::string&>();
  // A number's spelling is kept; the other reader has its value.
  return value->is_boolean() ? *cell == (value->get<bool>() ? "true" : "false") : value->is_number();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const osiris::Json document = osiris::Json::parse(text, nullptr, false);
  try {
    osiris::JsonRows rows(text, {"a", "b"});
    for (std::size_t index = 0;; ++index) {
      const auto* cells = rows.next();
      if (cells == nullptr) break;
      // It is no judge of UTF-8 and of numbers' grammar, which the columns' types are.
      if (!document.is_array() || index >= document.size() || !document[index].is_object()) continue;
      for (const auto& [name, at] : {std::pair("a", 0), std::pair("b", 1)}) {
        const auto found = document[index].find(name);
        const osiris::Json* value = found == document[index].end() ? nullptr : &*found;
        if (!is_same((*cells)[static_cast<std::size_t>(at)], value)) std::abort();
      }
    }
  } catch (const osiris::Error& error) {
    if (error.code() != "json.malformed") std::abort();
  }
  return 0;
}
