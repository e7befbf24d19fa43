"""The end of a line that an accepting process has, for one event loop."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from assay.adapters.line import wire
from assay.adapters.line.wire import Answer, Deposit
from assay.errors import Unavailable

MAX_WAITING = 65_536
"""Deposits under way before no more are taken."""
READ = 1 << 20
Deliver = Callable[[Sequence[Answer]], None]


class Line:
    """Made inside the running loop, which it belongs to. Takes :class:`Deposit`s as a register takes entries.

    Once the other process is gone everything under way is answered with Unavailable: it may be recorded all the same.
    """

    def __init__(self, near: socket.socket) -> None:
        near.setblocking(False)
        self._socket, self._loop = near, asyncio.get_running_loop()
        self._frames = wire.Frames()
        self._serial, self._count = 0, 0
        self._under_way: dict[int, tuple[Sequence[Deposit], Deliver]] = {}
        self._unsent = bytearray()
        self._lost = asyncio.Event()
        self._loop.add_reader(near, self._read)

    def put(self, deposits: Sequence[Deposit], deliver: Deliver) -> None:
        """In the loop; so is *deliver* called."""
        if self._lost.is_set():
            raise Unavailable("the process that records entries has ended; the entry was not recorded")
        if self._count + len(deposits) > MAX_WAITING:
            raise Unavailable(f"{self._count} entries wait for the register; no more are taken")
        self._serial += 1
        self._count += len(deposits)
        self._under_way[self._serial] = (deposits, deliver)
        waiting = bool(self._unsent)
        self._unsent += wire.parcel(self._serial, deposits)
        if not waiting:
            self._write()

    async def lost(self) -> None:
        """Returns once the other process is gone."""
        await self._lost.wait()

    def close(self) -> None:
        """In the loop, or after it has ended."""
        if not self._lost.is_set():
            self._lose()

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose()
            return
        del self._unsent[:sent]
        if self._unsent:
            self._loop.add_writer(self._socket, self._write)
        else:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        for frame in self._frames.feed(data):
            told = wire.read_answers(frame)
            deposits, deliver = self._under_way.pop(told.serial)
            self._count -= len(deposits)
            deliver(wire.opened(told, deposits))

    def _lose(self) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket.close()
        self._lost.set()
        under_way, self._under_way = self._under_way, {}
        for deposits, deliver in under_way.values():
            gone = "the process that records entries has ended; whether the entry was recorded is not known"
            deliver([Unavailable(gone)] * len(deposits))
