#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/dialog.h"

namespace osiris::cli {

/// The items of which a part is typed in label or detail, whatever its case.
std::vector<std::size_t> matching_items(const Menu& menu, std::string_view typed);

/// The item that is meant by its number, from 1, or by its label.
std::optional<std::size_t> read_item(const Menu& menu, std::string_view typed);

/// Several, with commas between: numbers, labels, "2-5", or "all" and "none". In the order of the list;
/// nothing where any of it is no item.
std::optional<std::vector<std::size_t>> read_items(const Menu& menu, std::string_view typed);

/// "1-3, 5", "all": what read_items() reads back.
std::string items_text(const Menu& menu, const std::vector<std::size_t>& items);

/// A yes, a no, or neither.
std::optional<bool> read_yes_or_no(std::string_view typed);

}  // namespace osiris::cli
