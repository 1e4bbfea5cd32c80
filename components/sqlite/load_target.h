#pragma once

#include <memory>

#include "component/component.h"
#include "load/load_target.h"

namespace osiris::sqlite {

/// What becomes of a database file that is not there.
enum class MissingFile : std::uint8_t {
  kMake,     ///< it is made, where the config has create_if_missing
  kStandIn,  ///< an empty database in memory stands in, where the config has create_if_missing
};

/// Opens the database of the context as the target of a load. Errors: those of Connection().
std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, MissingFile missing);

}  // namespace osiris::sqlite
