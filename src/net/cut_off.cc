#include "net/cut_off.h"

#include <sys/socket.h>

namespace osiris {

void cut_off(int socket) {
  const linger reset_at_close{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset_at_close, sizeof reset_at_close);
  shutdown(socket, SHUT_RDWR);
}

}  // namespace osiris
