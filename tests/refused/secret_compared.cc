// error: use of deleted function
// Secrets are not compared: an equality that stops early tells how much of a guess was right.
#include "base/secret.h"

bool same(const osiris::Secret& a, const osiris::Secret& b) {
#ifdef REFUSED
  return a == b;
#else
  return &a == &b;
#endif
}
