#include "sandbox/template_store.h"

#include <algorithm>

#include <fcntl.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/random_text.h"
#include "sandbox/template_files.h"

namespace osiris::sandbox {

namespace {

constexpr const char* kBaseName = "base";
constexpr std::uint64_t kMebibyte = 1 << 20;
/// Source: what E2B's API says of template builds.
constexpr std::int64_t kMostCpus = 32, kLeastMemoryMb = 128;
constexpr std::int64_t kDefaultCpus = 2, kDefaultMemoryMb = 1024;
constexpr std::size_t kTemplateIdSize = 20;

[[noreturn]] void refuse_build(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.invalid_argument", message);
}

[[noreturn]] void refuse_unimplemented(const std::string& message) {
  throw Error(ErrorKind::kUser, "sandbox.unimplemented", message);
}

std::int64_t whole_number(const Json& body, const char* name, std::int64_t otherwise) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return otherwise;
  if (!found->is_number_integer()) refuse_build(cat("a whole number is wanted: '", name, "'"));
  return found->get<std::int64_t>();
}

std::string build_text(const Json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Limits build_limits(const Json& body, const Limits& base) {
  const std::int64_t cpus = whole_number(body, "cpuCount", kDefaultCpus),
                     memory_mb = whole_number(body, "memoryMB", kDefaultMemoryMb);
  if (cpus < 1 || cpus > kMostCpus || (cpus > 1 && cpus % 2 != 0))
    refuse_build(cat("cpuCount is 1 or an even number up to ", kMostCpus, ", not '", cpus, "'"));
  if (memory_mb < kLeastMemoryMb || memory_mb % 2 != 0)
    refuse_build(cat("memoryMB is an even number from ", kLeastMemoryMb, " on, not '", memory_mb, "'"));
  Limits limits = base;
  limits.cpu_count = static_cast<std::uint64_t>(cpus);
  limits.memory_bytes = static_cast<std::uint64_t>(memory_mb) * kMebibyte;
  return limits;
}

bool is_digest(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void check_source(const Json& body) {
  const std::string image = build_text(body, "fromImage"), parent = build_text(body, "fromTemplate");
  if ((!image.empty() && image != "e2bdev/base") || !body.value("fromImageRegistry", Json()).is_null())
    refuse_unimplemented(
        cat("this server has no images: '", image, "'; its one template to build on is 'base'"));
  if (!parent.empty() && parent != kBaseName)
    refuse_unimplemented(cat("a template is built on 'base' only, not on '", parent, "'"));
  for (const char* name : {"startCmd", "readyCmd"}) {
    if (!build_text(body, name).empty())
      refuse_unimplemented(cat("this server runs no ", name, " of templates"));
  }
}

struct BuildStep {
  std::string type, digest;
  std::vector<std::string> arguments;
};

std::vector<BuildStep> build_steps(const Json& body) {
  std::vector<BuildStep> steps;
  for (const Json& step : body.value("steps", Json::array())) {
    if (!step.is_object()) refuse_build("a step of a build is an object");
    BuildStep read{build_text(step, "type"), build_text(step, "filesHash"), {}};
    for (const Json& argument : step.value("args", Json::array())) {
      if (!argument.is_string()) refuse_build("the arguments of a step are texts");
      read.arguments.push_back(argument.get<std::string>());
    }
    steps.push_back(std::move(read));
  }
  return steps;
}

}  // namespace

TemplateStore::TemplateStore(const Limits& base, fs::path folder) : folder_(std::move(folder)) {
  make_folders(folder_);
  SandboxTemplate made;
  made.id = kBaseName;
  made.names = {kBaseName};
  made.limits = base;
  made.is_ready = true;
  templates_.push_back(std::move(made));
}

const SandboxTemplate& TemplateStore::find(const std::string& name) const {
  // The latest build of a name is the one that it means.
  for (auto next = templates_.rbegin(); next != templates_.rend(); ++next) {
    const bool is_named = std::any_of(next->names.begin(), next->names.end(), [&](const std::string& one) {
      return one == name || one.substr(0, one.find(':')) == name;
    });
    if (next->id == name || is_named) return *next;
  }
  throw Error(ErrorKind::kUser, "sandbox.not_found", cat("template '", name, "' not found"));
}

SandboxTemplate& TemplateStore::find(const std::string& name) {
  return const_cast<SandboxTemplate&>(std::as_const(*this).find(name));
}

SandboxTemplate TemplateStore::ready(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const SandboxTemplate& found = find(name);
  if (!found.is_ready)
    throw Error(ErrorKind::kUser, "sandbox.not_found", cat("template '", name, "' is not built"));
  return found;
}

Json TemplateStore::begin(const Json& body) {
  const std::lock_guard lock(mutex_);
  SandboxTemplate made;
  const std::string name =
      build_text(body, "name").empty() ? build_text(body, "alias") : build_text(body, "name");
  if (name.empty()) refuse_build("a template needs a name");
  if (name.substr(0, name.find(':')) == kBaseName) refuse_build("the name 'base' is the server's own");
  made.id = random_text(kTemplateIdSize);
  made.build_id =
      cat(random_hex(8), "-", random_hex(4), "-4", random_hex(3), "-8", random_hex(3), "-", random_hex(12));
  made.names = {name};
  made.limits = build_limits(body, templates_.front().limits);
  const std::string alias = name.substr(0, name.find(':'));
  Json answer{{"templateID", made.id},
              {"buildID", made.build_id},
              {"public", false},
              {"names", {name}},
              {"tags", body.value("tags", Json::array())},
              {"aliases", {alias}}};
  templates_.push_back(std::move(made));
  return answer;
}

Json TemplateStore::alias(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return {{"templateID", find(name).id}, {"public", false}};
}

fs::path TemplateStore::archive(const std::string& digest) const { return folder_ / cat(digest, ".tar.gz"); }

Json TemplateStore::upload_place(const std::string& id, const std::string& digest,
                                 const std::string& base_url) {
  const std::lock_guard lock(mutex_);
  find(id);
  if (!is_digest(digest)) refuse_build(cat("a digest has hexadecimal digits only, not '", digest, "'"));
  if (fs::exists(archive(digest))) return {{"present", true}};
  constexpr std::size_t kTicketSize = 32;
  const std::string ticket = random_text(kTicketSize);
  tickets_[ticket] = digest;
  return {{"present", false}, {"url", cat(base_url, "/uploads/", ticket)}};
}

void TemplateStore::take_upload(const std::string& ticket, HttpExchange& exchange) {
  std::string digest;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tickets_.find(ticket);
    if (found == tickets_.end())
      throw Error(ErrorKind::kUser, "sandbox.permission_denied", "there is no such upload");
    digest = found->second;
  }
  const fs::path part = folder_ / ticket;
  {
    OutputFile file(part, O_WRONLY | O_CREAT | O_TRUNC);
    for (std::string_view piece = exchange.read_body(); !piece.empty(); piece = exchange.read_body())
      file.write(piece);
  }
  fs::rename(part, archive(digest));
  const std::lock_guard lock(mutex_);
  tickets_.erase(ticket);
}

void TemplateStore::build(const std::string& id, const std::string& build_id, const Json& body) {
  check_source(body);
  const std::vector<BuildStep> steps = build_steps(body);
  SandboxTemplate made;
  {
    const std::lock_guard lock(mutex_);
    made = find(id);
  }
  if (made.build_id != build_id)
    throw Error(ErrorKind::kUser, "sandbox.not_found", cat("build '", build_id, "' not found"));
  if (made.is_ready) refuse_build("the template is built already");
  for (const BuildStep& step : steps) {
    const fs::path folder = made.folder.empty() ? "/home/user" : made.folder;
    if (step.type == "COPY") {
      if (!is_digest(step.digest) || !fs::exists(archive(step.digest)))
        refuse_build("the files of a COPY step were not uploaded");
      const fs::path unpacked = folder_ / cat(id, "-", &step - steps.data());
      unpack_archive(archive(step.digest), unpacked);
      std::vector<ContainerFile> files = copied_files(unpacked, step.arguments, folder);
      made.files.insert(made.files.end(), files.begin(), files.end());
    } else if (step.type == "ENV" && step.arguments.size() % 2 == 0) {
      for (std::size_t index = 0; index < step.arguments.size(); index += 2)
        made.variables[step.arguments[index]] = step.arguments[index + 1];
    } else if (step.type == "WORKDIR" && step.arguments.size() == 1) {
      made.folder = (folder / step.arguments[0]).lexically_normal().string();
    } else if (step.type != "USER" || step.arguments != std::vector<std::string>{"user"}) {
      refuse_unimplemented(cat("this server does not have the step '", step.type, " ",
                               join(step.arguments, " "),
                               "': templates take COPY, ENV, WORKDIR and USER user"));
    }
  }
  made.is_ready = true;
  const std::lock_guard lock(mutex_);
  find(id) = std::move(made);
}

Json TemplateStore::status(const std::string& id, const std::string& build_id) const {
  const std::lock_guard lock(mutex_);
  const SandboxTemplate& found = find(id);
  if (found.build_id != build_id)
    throw Error(ErrorKind::kUser, "sandbox.not_found", cat("build '", build_id, "' not found"));
  return {{"templateID", found.id},
          {"buildID", found.build_id},
          {"status", found.is_ready ? "ready" : "waiting"},
          {"logs", Json::array()},
          {"logEntries", Json::array()}};
}

}  // namespace osiris::sandbox
