#include "session/last_compile.h"

#include "session/json_fields.h"
#include "session/session_files.h"

namespace osiris {

namespace {

constexpr std::string_view kPointerFile = ".last_compile";

}  // namespace

namespace session {

template <>
struct Description<LastCompile> {
  static constexpr auto kFields =
      std::tuple{Field{"manifest", &LastCompile::manifest}, Field{"oml", &LastCompile::oml},
                 Field{"oml_fingerprint", &LastCompile::oml_fingerprint}};
};

}  // namespace session

void write_last_compile(const fs::path& logs_root, const LastCompile& last) {
  write_file_atomically(logs_root / kPointerFile, session::to_line(session::to_fields(last)) + "\n");
}

std::optional<LastCompile> read_last_compile(const fs::path& logs_root) {
  const Json object = Json::parse(content_or_empty(logs_root / kPointerFile), nullptr, false);
  LastCompile last;
  if (object.is_object()) session::from_fields(object, last);
  if (last.manifest.empty()) return std::nullopt;
  return last;
}

}  // namespace osiris
