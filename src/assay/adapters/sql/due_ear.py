"""Hears on PostgreSQL that work was put, so that a worker need not ask as often."""

import threading
from collections.abc import Callable

from assay.adapters.sql.due import PUT
from assay.adapters.sql.postgresql import Bell, heard, session
from assay.errors import Unavailable

PAUSE_S = 2.0
"""Between two attempts to connect."""
LISTEN_S = 60.0


class Ear:
    """Calls *ring* in a thread of its own, now and then without a reason. :meth:`close` ends it.

    Whoever hears nothing, because the server is gone, has still to look by themselves.
    """

    def __init__(self, url: str, ring: Callable[[], None]) -> None:
        self._url, self._ring = url, ring
        self._bell, self._ended = Bell(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="due-ear", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._bell.ring()
        self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except Unavailable:
                self._ended.wait(PAUSE_S)

    def _listen(self) -> None:
        with session(self._url, "assay ear") as connection:
            connection.execute(f"LISTEN {PUT}".encode())
            # What was put before this is heard by nobody.
            self._ring()
            while not self._ended.is_set():
                self._bell.wait(connection, LISTEN_S)
                if heard(connection):
                    self._ring()
