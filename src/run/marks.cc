#include "run/marks.h"

#include "compile/incremental.h"
#include "run/incremental_read.h"
#include "run/look_context.h"

namespace osiris {

namespace {

/// The writer that an incremental step's rows end in, looked at.
struct Target {
  const ManifestStep& step;
  const RegisteredComponent& registered;
  Config config;
  LookContext context;

  Target(const ManifestStep& writer, const Project& project, const Registry& registry,
         Cancellation& cancellation)
      : step(writer),
        registered(*registry.find(writer.component)),
        config(registered.spec.fields, writer.config),
        context(writer, project, registry, cancellation) {}

  bool keeps_marks() {
    return !step.connection.empty() && osiris::keeps_marks(registered, context.connection());
  }
};

Target target_of(const Manifest& manifest, const ManifestStep& extractor, const Project& project,
                 const Registry& registry, Cancellation& cancellation) {
  const ManifestStep* writer = find_incremental_writer(manifest.steps, extractor);
  invariant(writer != nullptr && registry.find(writer->component) != nullptr,
            "an incremental read ends in one writer");
  return {*writer, project, registry, cancellation};
}

}  // namespace

KeptMark find_mark(const Manifest& manifest, const ManifestStep& extractor, const Project& project,
                   const Registry& registry, Cancellation& cancellation) {
  Target target = target_of(manifest, extractor, project, registry, cancellation);
  const std::string name = mark_name(manifest.name, extractor.id);
  KeptMark kept{extractor.id, extractor.config["incremental"].value("cursor", ""), {}, {}};
  if (target.keeps_marks()) {
    kept.place = target.step.connection;
    kept.mark = target.registered.component->find_mark(target.config, target.context, name);
  } else {
    kept.place = ".osiris/state.sqlite";
    kept.mark = MarkStore(project.folder()).find(name);
  }
  return kept;
}

void forget_mark(const Manifest& manifest, const ManifestStep& extractor, const Project& project,
                 const Registry& registry, Cancellation& cancellation) {
  Target target = target_of(manifest, extractor, project, registry, cancellation);
  const std::string name = mark_name(manifest.name, extractor.id);
  if (target.keeps_marks()) {
    target.registered.component->forget_mark(target.config, target.context, name);
  } else {
    MarkStore(project.folder()).forget(name);
  }
}

}  // namespace osiris
