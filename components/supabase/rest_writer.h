#pragma once

#include <memory>

#include "component/component.h"
#include "supabase/rest_load.h"

namespace osiris::supabase {

/// Sends rows in requests, several at once; those of an upsert that have the same key one behind the other.
/// What fails after rows were committed says how many stay.
std::unique_ptr<Writer> open_rest_writer(RestLoad load, const Schema& schema, Context& context);

}  // namespace osiris::supabase
