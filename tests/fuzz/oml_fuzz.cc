// A pipeline file of any bytes gives a manifest or findings, and a manifest that was printed is read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "compile/compiler.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const osiris::Registry registry;
  static const osiris::Connections connections("c.yaml", "connections: {mysql: {main: {host: h}}}");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const osiris::CompileResult result = osiris::compile(text, "fuzz.oml", {}, connections, registry);
  if (result.manifest.has_value() == result.diagnostics.has_errors()) std::abort();
  if (!result.manifest) return 0;
  const std::string printed = osiris::print_manifest(*result.manifest);
  const osiris::Manifest again = osiris::parse_manifest(printed, "manifest.yaml", false);
  if (again.steps.size() != result.manifest->steps.size()) std::abort();
  return 0;
}
