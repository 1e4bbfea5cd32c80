#include "agent/dialog.h"

#include <algorithm>

#include "base/text.h"

namespace osiris {

bool DialogConsent::ask(const Question& question) {
  const std::size_t end = std::min(question.message.find('\n'), question.message.size());
  const std::string_view details = trim(std::string_view(question.message).substr(end));
  if (!details.empty()) dialog_.say(details);
  return dialog_.confirm(question.message.substr(0, end)).value_or(false);
}

}  // namespace osiris
