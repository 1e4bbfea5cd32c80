#pragma once

namespace osiris {

/// Ends the traffic of a connected socket, from any thread: reads and writes that wait return at once, and
/// closing it tells the peer by a reset. A peer that writes into a full window hears nothing else: an orderly
/// end would leave it waiting until the network gives up, minutes later.
void cut_off(int socket);

}  // namespace osiris
