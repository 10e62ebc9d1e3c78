"""A TCP address in front of Redis that stops a worker in the middle of one verb."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha1

from aigcq.store.scripts import composed


class Trap:
    """Passes everything on until the verb is called; from then on that connection is silent.

    With `after`, the verb is carried out and only its answer is kept back.
    """

    def __init__(self, target: int, verb: str, *, after: bool) -> None:
        self.sprung = threading.Event()
        texts = [composed(verb, policy).encode() for policy in ("step", "ceiling")]
        self._shas = [sha1(text, usedforsecurity=False).hexdigest().encode() for text in texts]
        self._after = after
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                silent = threading.Event()
                for source, sink, outward in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._copy, args=(source, sink, outward, silent), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, outward: bool, silent: threading.Event) -> None:
        with suppress(OSError), source, sink:
            while chunk := source.recv(65536):
                if outward and any(sha in chunk for sha in self._shas) and not self.sprung.is_set():
                    silent.set()
                    if self._after:
                        sink.sendall(chunk)
                    self.sprung.set()
                elif not silent.is_set():
                    sink.sendall(chunk)


@contextmanager
def trap(target: int, verb: str, *, after: bool) -> Iterator[Trap]:
    """Yield a trap in front of the Redis at port `target`."""
    made = Trap(target, verb, after=after)
    try:
        yield made
    finally:
        made.close()
