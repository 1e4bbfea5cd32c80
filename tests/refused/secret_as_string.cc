// error: invalid initialization of reference
// A Secret does not pass where a text is asked for; only reveal() gives it.
#include "base/secret.h"

static std::size_t length_of(const std::string& text) { return text.size(); }

std::size_t use(const osiris::Secret& secret) {
#ifdef REFUSED
  return length_of(secret);
#else
  return length_of(secret.reveal());
#endif
}
