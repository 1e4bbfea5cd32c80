// error: no match for 'operator+'
// A Secret cannot be glued into a message.
#include "base/secret.h"

std::string message(const osiris::Secret& secret) {
#ifdef REFUSED
  return "password was " + secret;
#else
  return "password was " + std::string(secret.empty() ? "empty" : "given");
#endif
}
