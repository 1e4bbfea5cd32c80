"""A TCP proxy that breaks the traffic between the program and a server at a chosen moment."""
import select
import socket
import threading

PIECE_BYTES = 1 << 16
# How much of the traffic before is kept, to find a pattern that comes in two pieces.
TAIL_BYTES = 64


class Break:
    """When a connection breaks, and how. One connection does; those that come later pass.

    From "client" or "server", after so many bytes, or with a pattern in them. `how` is "hole": nothing is read or written
    any more, from what triggered it on; "cut": both ends are closed instead; "deaf": what triggered it is delivered, and
    the answer is not: both ends are closed once it is there.
    """

    def __init__(self, side, after_bytes=0, pattern=None, how="hole"):
        self.side, self.after_bytes, self.pattern, self.how = side, after_bytes, pattern, how
        self.is_over, self._seen, self._tail = False, 0, b""

    def happens(self, side, piece):
        if self.is_over or side != self.side:
            return False
        self._seen += len(piece)
        self._tail = self._tail[-TAIL_BYTES:] + piece
        self.is_over = self.pattern in self._tail if self.pattern else self._seen > self.after_bytes
        return self.is_over


class Proxy:
    """Listens on `port` of 127.0.0.1. Use it in a `with`, at whose end every connection is closed."""

    def __init__(self, server_port, broken):
        self._server_port, self._break = server_port, broken
        self._end = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def has_broken(self):
        return self._break.is_over

    def _accept(self):
        while not self._end.is_set():
            if select.select([self._listener], [], [], 0.05)[0]:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client):
        # What lies unread in a buffer of the system's would look as if it had been delivered.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE_BYTES)
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            self._forward(client, server)

    def _forward(self, client, server):
        ends = {client: ("client", server), server: ("server", client)}
        is_deaf = False
        while not self._end.is_set():
            for end in select.select(list(ends), [], [], 0.05)[0]:
                side, other = ends[end]
                try:
                    piece = end.recv(PIECE_BYTES)
                    if not piece or (is_deaf and side == "server"):
                        return
                    if self._break.happens(side, piece):
                        if self._break.how == "hole":
                            self._end.wait()
                        if self._break.how != "deaf":
                            return
                        is_deaf = True
                    other.sendall(piece)
                except OSError:
                    return  # one end is gone, and the other one learns it
