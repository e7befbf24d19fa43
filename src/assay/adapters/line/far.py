"""The far end of all lines: a thread that keeps the documents of whatever came in, with one synchronisation, and hands in the entries.

What comes while a batch is recorded makes the next one. Nothing waits for company.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from assay.adapters.line import wire
from assay.adapters.line.wire import Answer, Parcel
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.ports import Wanted

READ = 1 << 20


class Keeping(Protocol):
    """The office's blobs, many at a time."""

    def put_many(self, blobs: Sequence[bytes]) -> Sequence[Digest]:
        """All durable when it returns."""


class Taking(Protocol):
    """The register, or a front end of several."""

    def put(self, wanted: Sequence[Wanted], deliver: Callable[[Sequence[Answer]], None]) -> None:
        """All are taken or none; *deliver* gets their answers, in order, in another thread."""


class _Far:
    """One line. Answers are written as far as the socket takes them: one who does not read keeps nobody waiting."""

    def __init__(self, far: socket.socket) -> None:
        self.socket = far
        self._frames = wire.Frames()
        self._unsent = bytearray()

    def read(self) -> list[Parcel] | None:
        """What has come; None at its end."""
        try:
            data = self.socket.recv(READ)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return [wire.read_parcel(frame) for frame in self._frames.feed(data)] if data else None

    def write(self, data: bytes = b"") -> bool:
        """Whether all is written."""
        self._unsent += data
        with contextlib.suppress(BlockingIOError):
            sent = self.socket.send(self._unsent)
            del self._unsent[:sent]
        return not self._unsent


class Recorder:
    """:meth:`close` it before the register, after the processes at the other ends."""

    def __init__(self, register: Taking, blobs: Keeping) -> None:
        self._register, self._blobs = register, blobs
        self._door = threading.Lock()
        self._new: list[socket.socket] = []
        self._answered: list[tuple[Sequence[tuple[_Far, Parcel]], Sequence[Answer]]] = []
        self._closed, self._busy = False, False
        self.trouble: str = ""
        """Why it records nothing any more, though it was not closed; empty while it does."""
        self._waiting: list[tuple[_Far, Parcel]] = []
        self._bell, self._rung = socket.socketpair()
        self._rung.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._rung, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def line(self) -> socket.socket:
        """The near end of a new line. Close it here once another process has it."""
        if self.trouble:
            raise Unavailable(self.trouble)
        near, far = socket.socketpair()
        far.setblocking(False)
        with self._door:
            self._new.append(far)
        self._ring()
        return near

    def close(self) -> None:
        """Answer what is under way, and end all lines."""
        if self._closed:
            return
        self._closed = True
        self._ring()
        self._thread.join()
        self._bell.close()
        self._rung.close()

    def _ring(self) -> None:
        self._bell.send(b"\0")

    def _run(self) -> None:
        try:
            while not (self._closed and not self._busy):
                self._turn()
        except Exception as error:  # noqa: BLE001 - told to whoever asks for a line; those that are there end
            self.trouble = f"entries are not recorded any more: {error or type(error).__name__}"
        finally:
            for key in list(self._selector.get_map().values()):
                if isinstance(key.data, _Far):
                    key.data.socket.close()
            self._selector.close()

    def _turn(self) -> None:
        for key, events in self._selector.select():
            far = key.data
            if far is None:
                self._heard()
                continue
            if events & selectors.EVENT_WRITE:
                self._send(far)
            if events & selectors.EVENT_READ:
                self._receive(far)
        if self._waiting and not self._busy and not self._closed:
            parcels, self._waiting = self._waiting, []
            self._keep(parcels)

    def _heard(self) -> None:
        self._rung.recv(READ)
        with self._door:
            new, self._new = self._new, []
            answered, self._answered = self._answered, []
        for one in new:
            self._selector.register(one, selectors.EVENT_READ, _Far(one))
        for parcels, answers in answered:
            self._busy = False
            self._answer(parcels, answers)

    def _receive(self, far: _Far) -> None:
        found = None if far.socket.fileno() < 0 else far.read()
        if found is None:
            self._drop(far)
        else:
            self._waiting += ((far, one) for one in found)

    def _drop(self, far: _Far) -> None:
        """Its process is gone. What it handed in is recorded all the same; nobody hears of it."""
        if far.socket.fileno() >= 0:
            self._selector.unregister(far.socket)
            far.socket.close()

    def _keep(self, parcels: Sequence[tuple[_Far, Parcel]]) -> None:
        deposits = [one for _, parcel in parcels for one in parcel.deposits]
        try:
            self._blobs.put_many([data for one in deposits for data in one.documents])
            # A crash here leaves documents that no entry names: harmless, and the same names when tried again.
            self._register.put(
                [one.wanted for one in deposits], lambda answers: self._deliver(parcels, answers)
            )
        except Exception as error:  # noqa: BLE001 - each is told
            self._answer(parcels, [error] * len(deposits))
        else:
            self._busy = True

    def _deliver(self, parcels: Sequence[tuple[_Far, Parcel]], answers: Sequence[Answer]) -> None:
        """In the register's thread."""
        with self._door:
            self._answered.append((parcels, answers))
        self._ring()

    def _answer(self, parcels: Sequence[tuple[_Far, Parcel]], answers: Sequence[Answer]) -> None:
        start = 0
        for far, parcel in parcels:
            end = start + len(parcel.deposits)
            self._send(far, wire.answers(parcel.serial, answers[start:end]))
            start = end

    def _send(self, far: _Far, data: bytes = b"") -> None:
        if far.socket.fileno() < 0:
            return
        try:
            done = far.write(data)
        except OSError:
            self._drop(far)
            return
        events = selectors.EVENT_READ if done else selectors.EVENT_READ | selectors.EVENT_WRITE
        if self._selector.get_key(far.socket).events != events:
            self._selector.modify(far.socket, events, far)
