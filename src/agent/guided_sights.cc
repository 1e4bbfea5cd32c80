#include "agent/guided_sights.h"

#include "base/text.h"
#include "run/discover.h"

namespace osiris {

namespace {

template <typename Sight, typename Look>
std::variant<Sight, Error> sight_of(const Look& look) {
  try {
    return look();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    return error;
  }
}

}  // namespace

const std::variant<Discovery, Error>& GuidedSights::tables(const std::string& reference) {
  const auto found = tables_.find(reference);
  if (found != tables_.end()) return found->second;
  std::optional<std::variant<Discovery, Error>> sight;
  Cancellation cancellation;
  dialog_.attend(cancellation, [&] {
    sight = sight_of<Discovery>(
        [&] { return discover_tables(reference, std::nullopt, 0, project_, registry_, cancellation); });
  });
  return tables_.emplace(reference, std::move(*sight)).first->second;
}

const std::variant<Schema, Error>& GuidedSights::query(const std::string& reference,
                                                       const std::string& text) {
  std::variant<Schema, Error>& sight = queries_.try_emplace({reference, text}, Schema()).first->second;
  if (const Schema* seen = std::get_if<Schema>(&sight); seen != nullptr && !seen->empty()) return sight;
  Cancellation cancellation;
  dialog_.attend(cancellation, [&] {
    sight =
        sight_of<Schema>([&] { return look_at_query(reference, text, project_, registry_, cancellation); });
  });
  return sight;
}

const std::variant<Proposal, Error>& GuidedSights::file(const std::string& path) {
  const auto found = files_.find(path);
  if (found != files_.end() && std::holds_alternative<Proposal>(found->second)) return found->second;
  return files_[path] = sight_of<Proposal>([&] { return discover_file(path, project_, registry_); });
}

std::string told(const Error& error) {
  return error.hint().empty() ? error.message() : cat(error.message(), "\n  hint: ", error.hint());
}

}  // namespace osiris
