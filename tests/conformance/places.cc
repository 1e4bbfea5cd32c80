#include "tests/conformance/places.h"

namespace osiris {

std::filesystem::path components_folder() { return OSIRIS_COMPONENTS_FOLDER; }

}  // namespace osiris
