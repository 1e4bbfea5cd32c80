#include "base/sha256.h"
#include "base/text.h"
#include "report/html.h"
#include "report/run_page.h"

namespace osiris {

std::string_view page_html_text();
std::string_view page_css_text();
std::string_view page_js_text();

namespace {

/// "sha256-…" as a page's policy names what may run in it. Source: W3C, Content Security Policy Level 3.
std::string policy_hash(std::string_view text) {
  const std::string digits = fingerprint(text).substr(std::string_view("sha256:").size());
  std::string bytes;
  for (std::size_t index = 0; index < digits.size(); index += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(index, 2), nullptr, 16));
  return cat("sha256-", to_base64(bytes));
}

}  // namespace

std::string made_by() {
  static const std::string kMadeBy =
      cat("osiris ", OSIRIS_VERSION, " ",
          fingerprint(cat(page_html_text(), page_css_text(), page_js_text())).substr(0, 23));
  return kMadeBy;
}

std::string whole_page(const std::string& title, const std::string& body) {
  return filled(page_html_text(), {{"made_by", made_by()},
                                   {"title", escaped(title)},
                                   {"style", page_css_text()},
                                   {"script", page_js_text()},
                                   {"style_hash", policy_hash(page_css_text())},
                                   {"script_hash", policy_hash(page_js_text())},
                                   {"body", body}});
}

}  // namespace osiris
