#include "sandbox/container_arguments.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

constexpr const char* kUserNumber = "1000";

class ArgumentList {
 public:
  explicit ArgumentList(int first_descriptor) : next_descriptor_(first_descriptor) {}

  void add(std::initializer_list<std::string> words) {
    arguments_.words.insert(arguments_.words.end(), words);
  }
  /// The number that the file has in the new process.
  std::string hand_over(Descriptor file) {
    arguments_.files.push_back(std::move(file));
    return cat(next_descriptor_++);
  }
  void write_file(const std::string& destination, const std::string& content) {
    add({"--perms", "0644", "--file", hand_over(memory_file(content)), destination});
  }
  void mount_memory(const std::string& destination, std::uint64_t size_bytes,
                    const std::string& permissions) {
    add({"--size", cat(size_bytes), "--perms", permissions, "--tmpfs", destination});
  }
  ContainerArguments take() { return std::move(arguments_); }

 private:
  ContainerArguments arguments_;
  int next_descriptor_;
};

void add_namespaces(ArgumentList& list, const ContainerPlan& plan) {
  list.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"});
  if (plan.network != Network::kAllowed) list.add({"--unshare-net"});
  list.add({"--disable-userns", "--cap-drop", "ALL", "--die-with-parent", "--new-session"});
  list.add({"--uid", kUserNumber, "--gid", kUserNumber, "--hostname", plan.name});
}

/// /usr, and what leads into it: a link on most systems, a folder of its own on some.
void add_programs(ArgumentList& list) {
  list.add({"--ro-bind", "/usr", "/usr"});
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code none;
    if (fs::is_symlink(name, none)) {
      list.add({"--symlink", fs::read_symlink(name, none).string(), name});
    } else {
      list.add({"--ro-bind-try", name, name});
    }
  }
  for (const char* name : {"/etc/alternatives", "/etc/ld.so.cache"}) list.add({"--ro-bind-try", name, name});
}

void add_settings(ArgumentList& list, const ContainerPlan& plan) {
  list.write_file("/etc/passwd", cat("root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n",
                                     "user:x:", kUserNumber, ":", kUserNumber, "::/home/user:/bin/bash\n",
                                     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"));
  list.write_file("/etc/group", cat("root:x:0:\nuser:x:", kUserNumber, ":\nnogroup:x:65534:\n"));
  list.write_file("/etc/hosts", cat("127.0.0.1\tlocalhost ", plan.name, "\n::1\tlocalhost\n"));
  list.write_file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  list.add({"--symlink", "../usr/lib/os-release", "/etc/os-release"});
  if (plan.network != Network::kAllowed) return;
  list.write_file("/etc/resolv.conf", read_file_if_exists("/etc/resolv.conf").value_or(""));
  for (const char* name : {"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/ca-certificates"})
    list.add({"--ro-bind-try", name, name});
}

void add_folders(ArgumentList& list, const ContainerPlan& plan) {
  list.add({"--proc", "/proc", "--dev", "/dev"});
  list.mount_memory("/dev/shm", plan.limits.shared_memory_bytes(), "1777");
  list.mount_memory("/home/user", plan.limits.disk_bytes, "0755");
  list.mount_memory("/tmp", plan.limits.temporary_bytes(), "1777");
  list.add(
      {"--dir", "/run", "--dir", "/opt", "--symlink", "../tmp", "/var/tmp", "--dir", plan.folder.string()});
}

void add_files(ArgumentList& list, const ContainerPlan& plan, const std::vector<fs::path>& sources) {
  for (std::size_t index = 0; index < plan.files.size(); ++index) {
    const ContainerFile& file = plan.files[index];
    if (!file.copy_mode) {
      list.add({"--ro-bind", sources[index].string(), file.destination.string()});
      continue;
    }
    Descriptor source(::open(file.source.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.is_open())
      throw_errno(ErrorKind::kInternal, "sandbox.launch",
                  cat("a file of the template cannot be read: '", file.source.string(), "'"));
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", *file.copy_mode);
    list.add(
        {"--perms", mode.data(), "--file", list.hand_over(std::move(source)), file.destination.string()});
  }
}

}  // namespace

Descriptor memory_file(const std::string& content) {
  Descriptor file(::memfd_create("osiris", MFD_CLOEXEC));
  if (!file.is_open() ||
      ::write(file.descriptor(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::lseek(file.descriptor(), 0, SEEK_SET) != 0)
    throw_errno(ErrorKind::kInternal, "system.memory_file", "no file in memory could be made");
  return file;
}

ContainerArguments container_arguments(const ContainerPlan& plan, const std::vector<fs::path>& sources,
                                       int first_descriptor) {
  ArgumentList list(first_descriptor);
  add_namespaces(list, plan);
  add_programs(list);
  add_settings(list, plan);
  add_folders(list, plan);
  add_files(list, plan, sources);
  // What bubblewrap made to put the rest on is in memory without a limit, so nobody may write there.
  list.add({"--remount-ro", "/dev", "--remount-ro", "/"});
  // Not by bubblewrap's own environment: what a client says must not move a program outside of the container.
  list.add({"--clearenv"});
  for (const std::string& variable : plan.environment) {
    const std::size_t equals = variable.find('=');
    list.add({"--setenv", variable.substr(0, equals), variable.substr(equals + 1)});
  }
  list.add({"--chdir", plan.folder.string(), "--seccomp",
            list.hand_over(memory_file(seccomp_filter(plan.network)))});
  return list.take();
}

}  // namespace osiris::sandbox
