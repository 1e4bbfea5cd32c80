// A streamed answer from anybody, of each provider's protocol: what it says does not depend on how its bytes
// arrive, whatever is in it can be sent back, and nothing but a complaint is thrown.
#include <cstdlib>
#include <string>

#include "llm/event_stream.h"
#include "llm/provider.h"

namespace {

using osiris::Json;
namespace llm = osiris::llm;

/// What was read, as text.
std::string read(const llm::Provider& provider, std::string_view bytes, std::size_t step) {
  const auto reader = provider.reader();
  std::string told;
  llm::EventStream stream([&](std::string_view data) {
    const Json event = Json::parse(data, nullptr, false);
    if (event.is_object()) reader->take(event, [&](std::string_view piece) { told += piece; });
  });
  try {
    while (!bytes.empty()) {
      stream.add(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
    }
    stream.end();
  } catch (const llm::Complained& complained) {
    return told + llm::error_of(complained.complaint, {}).code();
  }
  if (!reader->is_complete()) return told + " cut";
  const llm::Answer answer = reader->answer();
  if (answer.message.text != told) std::abort();
  const llm::Message again = llm::message_of(llm::to_json(answer.message));
  return told + provider.body({}, {"", {again}}).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const llm::Provider* provider : llm::all_providers()) {
    if (read(*provider, bytes, bytes.size() + 1) != read(*provider, bytes, std::size_t{1} + data[0]))
      std::abort();
    const Json body = Json::parse(bytes, nullptr, false);
    provider->complaint(data[0] * 2, body.is_discarded() ? Json() : body);
  }
  return 0;
}
