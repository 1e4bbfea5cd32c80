#include "sandbox/seccomp_filter.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace osiris::sandbox {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the sandbox knows the system calls of x86-64 and of 64-bit Arm"
#endif

/// Calls of the second ABI of x86-64 have this bit; no ordinary program makes them.
constexpr std::uint32_t kFirstForeignCall = 0x4000'0000;

constexpr std::array kRefusedCalls{
    // Mounts and namespaces.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig,
    SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_setns, SYS_unshare, SYS_chroot,
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp, SYS_process_madvise,
    // The kernel itself.
    SYS_bpf, SYS_userfaultfd, SYS_perf_event_open, SYS_kexec_load, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_syslog, SYS_lookup_dcookie, SYS_fanotify_init,
    SYS_open_by_handle_at, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
    SYS_sethostname, SYS_setdomainname, SYS_vhangup,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
    // Keys are of a user, not of a namespace.
    SYS_keyctl, SYS_add_key, SYS_request_key};

/// Flags of clone() that ask for namespaces.
constexpr std::uint32_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

constexpr std::uint32_t offset_of_argument(unsigned index) {
  // The lower half; both machines are little-endian.
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

class FilterProgram {
 public:
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void load_call() { load(offsetof(seccomp_data, nr)); }
  void answer(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  void answer_if_equal(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(verdict);
  }
  void answer_unless_equal(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(verdict);
  }
  void answer_if_at_least(std::uint32_t value, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
    answer(verdict);
  }
  void answer_if_any_bit(std::uint32_t bits, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(verdict);
  }
  /// The rules that `add_rules` adds hold for this call only; what they let through is allowed.
  template <typename Rules>
  void of_call(long call, Rules&& add_rules) {
    FilterProgram rules;
    add_rules(rules);
    rules.answer(SECCOMP_RET_ALLOW);
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
        static_cast<std::uint8_t>(rules.steps_.size()));
    steps_.insert(steps_.end(), rules.steps_.begin(), rules.steps_.end());
  }
  std::string bytes() const {
    return {reinterpret_cast<const char*>(steps_.data()), steps_.size() * sizeof(sock_filter)};
  }

 private:
  void add(unsigned code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    steps_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, value});
  }

  std::vector<sock_filter> steps_;
};

}  // namespace

std::string seccomp_filter(Network network) {
  constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
  FilterProgram program;
  program.load(offsetof(seccomp_data, arch));
  program.answer_unless_equal(kArchitecture, SECCOMP_RET_ERRNO | ENOSYS);
  program.load_call();
  program.answer_if_at_least(kFirstForeignCall, SECCOMP_RET_ERRNO | ENOSYS);
  for (const long call : kRefusedCalls) program.answer_if_equal(static_cast<std::uint32_t>(call), kRefuse);
  // Its flags are in memory, where a filter sees nothing; the C library goes back to clone() by itself.
  program.answer_if_equal(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  program.of_call(SYS_clone, [](FilterProgram& rules) {
    rules.load(offset_of_argument(0));
    rules.answer_if_any_bit(kNamespaces, kRefuse);
  });
  program.of_call(SYS_ioctl, [](FilterProgram& rules) {
    rules.load(offset_of_argument(1));
    // Both type into a terminal as if a person had.
    rules.answer_if_equal(TIOCSTI, kRefuse);
    rules.answer_if_equal(TIOCLINUX, kRefuse);
  });
  program.of_call(SYS_socket, [network](FilterProgram& rules) {
    rules.load(offset_of_argument(0));
    rules.answer_if_equal(AF_UNIX, SECCOMP_RET_ALLOW);
    if (network != Network::kDenied) {
      for (const int family : {AF_INET, AF_INET6, AF_NETLINK})
        rules.answer_if_equal(static_cast<std::uint32_t>(family), SECCOMP_RET_ALLOW);
    }
    // Some families, such as those of a virtual machine and its host, know no namespaces.
    rules.answer(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  });
  program.answer(SECCOMP_RET_ALLOW);
  return program.bytes();
}

}  // namespace osiris::sandbox
