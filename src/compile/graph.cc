#include "compile/graph.h"

#include <algorithm>
#include <numeric>

namespace osiris {

namespace {

std::vector<std::size_t> dependencies(const GraphStep& step) {
  std::vector<std::size_t> all = step.inputs;
  all.insert(all.end(), step.after.begin(), step.after.end());
  return all;
}

/// Sets of steps that hang together.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }

  std::size_t find(std::size_t step) {
    while (parent_[step] != step) step = parent_[step] = parent_[parent_[step]];
    return step;
  }
  void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

std::vector<std::size_t> stable_order(const std::vector<GraphStep>& steps) {
  std::vector<std::size_t> order;
  std::vector<bool> is_placed(steps.size(), false);
  while (order.size() < steps.size()) {
    std::size_t next = steps.size();
    for (std::size_t candidate = 0; candidate < steps.size() && next == steps.size(); ++candidate) {
      const auto needed = dependencies(steps[candidate]);
      const bool is_ready =
          std::all_of(needed.begin(), needed.end(), [&](std::size_t other) { return is_placed[other]; });
      if (!is_placed[candidate] && is_ready) next = candidate;
    }
    if (next == steps.size()) return {};
    is_placed[next] = true;
    order.push_back(next);
  }
  return order;
}

std::vector<std::size_t> find_cycle(const std::vector<GraphStep>& steps) {
  enum class Visit { kNew, kOnPath, kDone };
  std::vector<Visit> marks(steps.size(), Visit::kNew);
  std::vector<std::size_t> path;
  std::vector<std::size_t> cycle;
  const auto visit = [&](const auto& self, std::size_t step) -> bool {
    if (marks[step] == Visit::kDone) return false;
    if (marks[step] == Visit::kOnPath) {
      cycle.assign(std::find(path.begin(), path.end(), step), path.end());
      std::reverse(cycle.begin(), cycle.end());
      return true;
    }
    marks[step] = Visit::kOnPath;
    path.push_back(step);
    for (const std::size_t other : dependencies(steps[step])) {
      if (self(self, other)) return true;
    }
    path.pop_back();
    marks[step] = Visit::kDone;
    return false;
  };
  for (std::size_t step = 0; step < steps.size(); ++step) {
    if (visit(visit, step)) break;
  }
  return cycle;
}

std::vector<std::size_t> stream_groups(const std::vector<GraphStep>& steps) {
  Groups groups(steps.size());
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const std::size_t input : steps[step].inputs) groups.join(input, step);
  }
  std::vector<std::size_t> number(steps.size());
  std::vector<std::size_t> seen;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    const auto known = std::find(seen.begin(), seen.end(), groups.find(step));
    number[step] = static_cast<std::size_t>(known - seen.begin());
    if (known == seen.end()) seen.push_back(groups.find(step));
  }
  return number;
}

void drop_implied_order(std::vector<GraphStep>& steps) {
  const auto takes_rows_of = [&](const auto& self, std::size_t step, std::size_t source) -> bool {
    return std::any_of(steps[step].inputs.begin(), steps[step].inputs.end(),
                       [&](std::size_t input) { return input == source || self(self, input, source); });
  };
  for (std::size_t step = 0; step < steps.size(); ++step) {
    std::erase_if(steps[step].after,
                  [&](std::size_t other) { return takes_rows_of(takes_rows_of, step, other); });
  }
}

namespace {

/// Whether readers of one stream stay connected by rows when the stream's step is taken away.
bool has_meeting_readers(const std::vector<GraphStep>& steps, std::size_t source) {
  std::vector<std::size_t> readers;
  Groups groups(steps.size());
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const std::size_t input : steps[step].inputs) {
      if (input == source) {
        readers.push_back(step);
      } else if (step != source) {
        groups.join(step, input);
      }
    }
  }
  for (std::size_t later = 1; later < readers.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (groups.find(readers[earlier]) == groups.find(readers[later])) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Standstill> find_standstills(const std::vector<GraphStep>& steps) {
  std::vector<Standstill> found;
  const std::vector<std::size_t> group_of = stream_groups(steps);
  std::vector<GraphStep> groups(steps.size());
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const std::size_t other : steps[step].after) {
      if (group_of[step] == group_of[other]) {
        found.push_back({other, other, step});
      } else {
        groups[group_of[step]].after.push_back(group_of[other]);
      }
    }
  }
  const std::vector<std::size_t> cycle = find_cycle(groups);
  if (!cycle.empty()) {
    const auto member = [&](std::size_t group) {
      return static_cast<std::size_t>(std::find(group_of.begin(), group_of.end(), group) - group_of.begin());
    };
    found.push_back({member(cycle.front()), member(cycle.front()), member(cycle.back())});
  }
  return found;
}

std::vector<bool> spooled_steps(const std::vector<GraphStep>& steps) {
  std::vector<bool> spooled;
  for (std::size_t step = 0; step < steps.size(); ++step) spooled.push_back(has_meeting_readers(steps, step));
  return spooled;
}

}  // namespace osiris
