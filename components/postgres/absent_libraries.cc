// What libpq.a calls and the program does not have. Kerberos and looking servers up in LDAP are not offered:
// connections say gssencmode=disable and never name a service, so libpq does not get to these functions;
// would it, each reports failure. libpq also reads forty settings from the environment, certificates and
// passwords from the user's home; tools/fetch_libpq.sh turns these calls to the two functions at the end, so
// that only the connection's own fields decide.

#include <cstddef>
#include <cstdint>

extern "C" {

// GSSAPI, RFC 2744. The library's major status 13 << 16 is GSS_S_FAILURE. libpq passes pointers, lengths and
// flags that are not looked at, and results start out empty.
constexpr std::uint32_t kGssFailure = 13U << 16U;

void* GSS_C_NT_HOSTBASED_SERVICE = nullptr;  // NOLINT(readability-identifier-naming): as the RFC names it
std::uint32_t gss_acquire_cred() { return kGssFailure; }
std::uint32_t gss_delete_sec_context() { return kGssFailure; }
std::uint32_t gss_display_status() { return kGssFailure; }
std::uint32_t gss_import_name() { return kGssFailure; }
std::uint32_t gss_init_sec_context() { return kGssFailure; }
std::uint32_t gss_release_buffer() { return kGssFailure; }
std::uint32_t gss_release_cred() { return kGssFailure; }
std::uint32_t gss_release_name() { return kGssFailure; }
std::uint32_t gss_unwrap() { return kGssFailure; }
std::uint32_t gss_wrap() { return kGssFailure; }
std::uint32_t gss_wrap_size_limit() { return kGssFailure; }

// LDAP, RFC 1823. -1 is failure; a null pointer is nothing.
constexpr int kLdapFailure = -1;

void* ldap_init() { return nullptr; }
void* ldap_first_entry() { return nullptr; }
void* ldap_get_values_len() { return nullptr; }
const char* ldap_err2string() { return "LDAP is not offered"; }
int ldap_count_entries() { return kLdapFailure; }
int ldap_msgfree() { return kLdapFailure; }
int ldap_result() { return kLdapFailure; }
int ldap_search_st() { return kLdapFailure; }
int ldap_set_option() { return kLdapFailure; }
int ldap_simple_bind() { return kLdapFailure; }
int ldap_unbind() { return kLdapFailure; }
void ldap_value_free_len() {}

// Requires: nothing; whatever is asked for is not there.
char* osiris_libpq_getenv(const char* /*name*/) { return nullptr; }
bool osiris_libpq_home(char* /*path*/, std::size_t /*size*/) { return false; }
}
