#include "sandbox/file_signature.h"

#include <array>

#include <openssl/evp.h>

#include "base/text.h"
#include "sandbox/random_text.h"

namespace osiris::sandbox {

namespace {

std::string sha256_bytes(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

bool has_signature(const HttpHead& head, const Secret& token, std::int64_t unix_s) {
  const auto signature = head.parameter("signature"), path = head.parameter("path");
  if (!signature || token.empty()) return false;
  std::string signed_text =
      cat(path.value_or(""), ":", head.method == "GET" || head.method == "HEAD" ? "read" : "write", ":",
          head.parameter("username").value_or(""), ":", token.reveal());
  if (const auto expiration = head.parameter("signature_expiration"); expiration && !expiration->empty()) {
    const auto end_s = parse_integer(*expiration);
    if (!end_s || *end_s < unix_s) return false;
    signed_text += cat(":", *expiration);
  }
  std::string wanted = to_base64(sha256_bytes(signed_text));
  while (wanted.ends_with('=')) wanted.pop_back();
  return is_same_secret(*signature, "v1_" + wanted);
}

}  // namespace osiris::sandbox
