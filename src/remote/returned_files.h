#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project.h"
#include "remote/envd_client.h"
#include "remote/luggage.h"
#include "session/session.h"

namespace osiris::remote {

/// The files that a run left in its sandbox: several are fetched at once, each is resumed where it was cut,
/// and none is delivered that is not the one that was written there.
class ReturnedFiles {
 public:
  ReturnedFiles(const SandboxAddress& address, const Project& project, const Luggage& luggage,
                Session& session, Cancellation& cancellation);

  /// A file of a step, as its event artifact_written tells it.
  /// Errors, here and below: kConnection "remote.damaged" where it can be none of the run's.
  void add_artifact(const Json& event);
  /// A folder of partitions, as the worker's last record tells it.
  void add_tree(const Json& tree);
  /// One of the worker's own files, for the session's folder `remote`.
  void add_log(const std::string& path);
  std::size_t count() const { return files_.size(); }

  /// Fetches everything; then it is where the user wants it.
  /// Errors: kConnection "remote.damaged", those of EnvdClient and of writing.
  void fetch();

 private:
  struct File {
    std::string there;
    fs::path here;
    std::string sha256{};          ///< empty: nobody knows it
    std::uint64_t size_bytes = 0;  ///< 0: nobody knows it
    std::string told{};            ///< its name in events; empty: it has none
  };
  struct Delivery {
    fs::path kept, target;
    bool is_written_into = false;
  };
  struct Tree {
    fs::path part, target;
  };

  void fetch_one(EnvdClient& envd, const File& file);
  /// Where the user wants a file: only what the manifest names is a target.
  fs::path target_of(const std::string& name) const;
  void deliver();

  const SandboxAddress& address_;
  const Project& project_;
  const Luggage& luggage_;
  Session& session_;
  Cancellation& cancellation_;
  std::vector<File> files_;
  std::vector<Delivery> deliveries_;
  std::vector<Tree> trees_;
};

}  // namespace osiris::remote
