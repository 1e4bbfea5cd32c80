#pragma once

#include <map>
#include <string>
#include <vector>

#include "sandbox/http_head.h"
#include "sandbox/sandbox_table.h"

namespace osiris::sandbox {

/// What the query of a list asks for. Errors: kUser "sandbox.invalid_argument".
class SandboxListQuery {
 public:
  SandboxListQuery(const HttpHead& head, bool is_second);

  struct Page {
    std::vector<SandboxTable::Entry> sandboxes;
    std::string next_token;  ///< empty: it is the last one
    std::size_t running_count = 0;
  };
  /// `all`: as SandboxTable::all() gives them.
  Page page(std::vector<SandboxTable::Entry> all) const;

 private:
  bool wants(const Sandbox& sandbox) const;

  std::map<std::string, std::string> metadata_;
  std::string template_name_, after_;  ///< the last sandbox of the page before
  bool wants_running_ = true, wants_paused_ = true, is_ascending_ = false;
  std::int64_t started_after_ms_ = 0;
  std::size_t limit_ = 0;
};

/// The metadata of a list's query, whose names and values are encoded twice.
std::map<std::string, std::string> metadata_of_query(const std::string& text);

}  // namespace osiris::sandbox
