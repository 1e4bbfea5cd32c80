// error: no match for call to
// A step opens with a Context, and so can always be cancelled and observed.
#include "component/component.h"

std::unique_ptr<osiris::Extractor> open(const osiris::Component& component, const osiris::Config& config,
                                        osiris::Context& context) {
#ifdef REFUSED
  (void)context;
  return component.open_extractor(config);
#else
  return component.open_extractor(config, context);
#endif
}
