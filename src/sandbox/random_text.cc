#include "sandbox/random_text.h"

#include <string_view>

#include <openssl/crypto.h>
#include <sys/random.h>

#include "base/error.h"

namespace osiris::sandbox {

namespace {

std::string random_of(std::string_view alphabet, std::size_t size) {
  std::string text;
  // A byte beyond the last whole multiple would make the first letters likelier.
  const std::size_t limit = 256 - 256 % alphabet.size();
  while (text.size() < size) {
    unsigned char byte = 0;
    if (::getrandom(&byte, 1, 0) != 1)
      throw_errno(ErrorKind::kInternal, "system.random", "the system has no random bytes");
    if (byte < limit) text.push_back(alphabet[byte % alphabet.size()]);
  }
  return text;
}

}  // namespace

std::string random_text(std::size_t size) { return random_of("abcdefghijklmnopqrstuvwxyz0123456789", size); }
std::string random_hex(std::size_t size) { return random_of("0123456789abcdef", size); }

bool is_same_secret(const std::string& one, const std::string& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace osiris::sandbox
