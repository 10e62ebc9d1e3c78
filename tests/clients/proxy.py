"""A proxy that spoils answers: the server has done its work, and the client does not hear of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TORN = b""
"""The first bytes of the true answer, then the end."""
KEPT_BYTES = 12


class Proxy:
    """Passes connections on to a server; of the first `spoilt` answers the client gets something else."""

    def __init__(self, target: str, instead: bytes, spoilt: int) -> None:
        where = urlsplit(target)
        self._target = (where.hostname, where.port)
        self._instead = instead
        self._left = spoilt
        self._lock = threading.Lock()
        self.requests = 0
        """How many requests the server has answered."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server, suppress(OSError):
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            while chunk := server.recv(65536):
                if chunk.startswith(b"HTTP/1.1 ") and self._spoils():
                    client.sendall(self._instead or chunk[:KEPT_BYTES])
                    break
                client.sendall(chunk)
            for side in (client, server):
                side.shutdown(socket.SHUT_RDWR)

    def _spoils(self) -> bool:
        with self._lock:
            self.requests += 1
            self._left -= 1
            return self._left >= 0


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def spoiling(target: str, instead: bytes, spoilt: int) -> Iterator[Proxy]:
    """Yield a proxy in front of `target`."""
    proxy = Proxy(target, instead, spoilt)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
