#pragma once

namespace osiris {
class Registry;
}

namespace osiris::remote {

/// The side of a remote run that is inside the sandbox: takes an order from standard input, runs its manifest
/// as a local run would, and tells every line of the session, in a journal and on standard output.
///
/// The order is one line of JSON, WorkerOrder; a later line {"cmd":"cancel"} stops the run. A line that it
/// tells is
/// {"seq":N,"line":{…}} of the session, the last one {"seq":N,"done":{…}}. Standard output is only quicker:
/// what nobody takes there is dropped, and stands in the journal.
///
/// Returns the exit code of the run.
int run_worker(const Registry& registry);

}  // namespace osiris::remote
