#pragma once

#include "base/child_process.h"

namespace osiris::sandbox {

/// An open descriptor of any kind, closed with the object.
using Descriptor = PipeEnd;

}  // namespace osiris::sandbox
