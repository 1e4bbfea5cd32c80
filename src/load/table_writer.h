#pragma once

#include <functional>
#include <memory>

#include "component/component.h"
#include "load/load_target.h"

namespace osiris {

using OpenTarget = std::function<std::unique_ptr<LoadTarget>()>;

/// Makes the writer of a database family out of its LoadTarget: one transaction a load (or a chunk), the
/// ledger, marks, write modes, bad rows. Everything is checked before this returns, and before a row is
/// read: see match_table() for the errors, and "load.missing_table".
std::unique_ptr<Writer> open_table_writer(const Config& config, const Schema& schema, Context& context,
                                          const OpenTarget& open_target);

/// What such a writer would do; nothing is written.
Preview preview_load(const Config& config, const std::vector<Component::InputSchema>& inputs,
                     Context& context, const OpenTarget& open_target);

/// The hooks of Component of the same names.
std::optional<LoadResult> find_load(const Config& config, Context& context, const OpenTarget& open_target);
std::optional<Mark> find_mark(const Config& config, Context& context, const OpenTarget& open_target,
                              const std::string& mark_name);
void forget_mark(const Config& config, Context& context, const OpenTarget& open_target,
                 const std::string& mark_name);

}  // namespace osiris
