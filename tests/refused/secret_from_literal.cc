// error: could not convert
// A text becomes a Secret only where the code says so.
#include "base/secret.h"

osiris::Secret made() {
#ifdef REFUSED
  return std::string("plain");
#else
  return osiris::Secret("plain");
#endif
}
