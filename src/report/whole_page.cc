#include "base/sha256.h"
#include "base/text.h"
#include "report/html.h"
#include "report/run_page.h"

namespace osiris {

std::string_view page_html_text();
std::string_view page_css_text();
std::string_view shared_js_text();
std::string_view links_js_text();
std::string_view timeline_js_text();
std::string_view charts_js_text();
std::string_view entries_js_text();
std::string_view index_js_text();
std::string_view uplot_js_text();
std::string_view uplot_css_text();
std::string_view uplot_licence_txt_text();

namespace {

/// "sha256-…" as a page's policy names what may run in it. Source: W3C, Content Security Policy Level 3.
std::string policy_hash(std::string_view text) {
  const std::string digits = fingerprint(text).substr(std::string_view("sha256:").size());
  std::string bytes;
  for (std::size_t index = 0; index < digits.size(); index += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(index, 2), nullptr, 16));
  return cat("sha256-", to_base64(bytes));
}

/// All scripts of a page are one module; uPlot comes with its licence.
const std::string& run_script() {
  static const std::string kScript =
      cat("/*\n", uplot_licence_txt_text(), "\n*/\n", uplot_js_text(), shared_js_text(), links_js_text(),
          timeline_js_text(), charts_js_text(), entries_js_text());
  return kScript;
}

const std::string& style() {
  static const std::string kStyle = cat(uplot_css_text(), "\n", page_css_text());
  return kStyle;
}

std::string whole_page(const std::string& title, const std::string& body, std::string_view script) {
  return filled(page_html_text(), {{"made_by", made_by()},
                                   {"title", escaped(title)},
                                   {"style", style()},
                                   {"script", script},
                                   {"style_hash", policy_hash(style())},
                                   {"script_hash", policy_hash(script)},
                                   {"body", body}});
}

}  // namespace

std::string made_by() {
  static const std::string kMadeBy =
      cat("osiris ", OSIRIS_VERSION, " ",
          fingerprint(cat(page_html_text(), style(), run_script(), index_js_text())).substr(0, 23));
  return kMadeBy;
}

std::string whole_run_page(const std::string& title, const std::string& body) {
  return whole_page(title, body, run_script());
}

std::string whole_index_page(const std::string& title, const std::string& body) {
  return whole_page(title, body, index_js_text());
}

}  // namespace osiris
