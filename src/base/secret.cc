#include "base/secret.h"

namespace osiris {

std::string without_secret(std::string text, const Secret& secret) {
  const std::string& value = secret.reveal();
  if (value.size() < 4) return text;
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 3)) {
    text.replace(at, value.size(), "***");
  }
  return text;
}

}  // namespace osiris
