// error: no match for 'operator='
// A Secret has no serialiser: it cannot get into a manifest, an event or a document.
#include "base/json.h"
#include "base/secret.h"

osiris::Json document(const osiris::Secret& secret) {
  osiris::Json shown;
#ifdef REFUSED
  shown["password"] = secret;
#else
  shown["password"] = secret.empty() ? "missing" : "set";
#endif
  return shown;
}
