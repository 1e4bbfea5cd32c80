#pragma once

#include <memory>

#include "component/component.h"
#include "load/load_target.h"

namespace osiris::duckdb {

/// What the target is opened for.
enum class Purpose : std::uint8_t {
  kLoad,  ///< a file that is not there is made, where the config has create_if_missing
  kLook,  ///< the file is only read; one that is not there is taken for an empty one, where it may be made
};

/// Opens the database of the context as the target of a load. Errors: those of DatabaseFile().
std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, Purpose purpose);

}  // namespace osiris::duckdb
