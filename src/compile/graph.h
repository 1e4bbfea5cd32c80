#pragma once

#include <string>
#include <vector>

#include "compile/manifest.h"

namespace osiris {

/// A step of a graph that is being checked: who feeds it and whom it waits for, by index.
struct GraphStep {
  std::vector<std::size_t> inputs;  ///< streams, once for each input
  std::vector<std::size_t> after;   ///< order only
};

/// An order in which every step comes after those that it depends on; where the graph leaves it free, the
/// given order stands. Empty when there is a cycle.
std::vector<std::size_t> stable_order(const std::vector<GraphStep>& steps);

/// The steps of one cycle, in its direction; empty when there is none.
std::vector<std::size_t> find_cycle(const std::vector<GraphStep>& steps);

/// Steps that rows connect run at the same time, as one group; groups wait for each other. The number of
/// each step's group, from 0.
std::vector<std::size_t> stream_groups(const std::vector<GraphStep>& steps);

/// Takes out the order-only dependencies that the rows' way implies: a step cannot wait for the end of a
/// step whose rows it takes itself.
void drop_implied_order(std::vector<GraphStep>& steps);

/// Two steps that would wait for each other for ever, because the rows between them flow at the same time.
/// `source` is a step whose rows reach both, or the one that `first` and `second` are.
struct Standstill {
  std::size_t source = 0, first = 0, second = 0;
};

/// Looks for an order between steps of one group, and around a cycle of groups.
/// Requires: drop_implied_order() was called.
std::vector<Standstill> find_standstills(const std::vector<GraphStep>& steps);

/// The steps whose rows are kept whole before anybody reads them: two of their readers meet again further on,
/// or one reads them twice. The one reader may want all rows first, as one side of a join does, while the
/// other waits for its own.
std::vector<bool> spooled_steps(const std::vector<GraphStep>& steps);

}  // namespace osiris
