"""Serve with several processes that accept, each alone with one loop; this one records for them and watches over them.

They share the port, so the kernel spreads connections over them. One that dies is replaced: its clients find their connections
closed, and are told that the entry is there when they ask again. When this process dies, however, they end with it.
"""

import asyncio
import gc
import multiprocessing
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from typing import Protocol, TypeVar

from assay.adapters.line.far import Recorder
from assay.errors import AssayError, Unavailable
from assay.web import serving
from assay.web.serving import Address, Limits, Message, Receive, Send

START_S = 30.0
"""For a process to take its first connection."""
AGAIN_S = 0.5
"""Before another is started in place of one that died; longer each time that it cannot be."""
MAX_AGAIN_S = 30.0


T = TypeVar("T")


class Accepting(Protocol):
    """An ASGI application at one end of a line."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None: ...

    async def lost(self) -> None:
        """Returns when the other end is gone."""

    def close(self) -> None: ...


Make = Callable[[socket.socket], Accepting]
"""Called in a fresh process with the near end of its line; it and what it holds are pickled."""


def serve(
    make: Make,
    address: Address,
    recorder: Recorder,
    *,
    processes: int,
    ready: Callable[[str], None] = lambda _: None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    while_serving: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """As :func:`assay.web.serving.serve`, in so many *processes*; *limits* are for each. Close *recorder* afterwards."""
    serving.require()
    host = serving.resolved(address)
    with serving.reserved(host, address.port) as held:
        port = int(held.getsockname()[1])
        team = _Team(make, recorder, Address(host, port), limits)
        asyncio.run(_oversee(team, processes, lambda: ready(serving.url(host, port)), while_serving))


async def _oversee(
    team: "_Team",
    processes: int,
    ready: Callable[[], None],
    while_serving: Callable[[], Awaitable[None]] | None,
) -> None:
    async def work() -> None:
        first = await asyncio.gather(*(team.start() for _ in range(processes)))
        ready()
        async with _cancelled(asyncio.gather(*(team.keep(one) for one in first))) as keeping:
            await serving.until_ended(keeping, asyncio.Event(), while_serving)

    try:
        with serving.told_to_stop() as stop:
            async with _cancelled(asyncio.ensure_future(work())) as working:
                await serving.until_ended(working, stop, None)
    finally:
        await team.stop()


@asynccontextmanager
async def _cancelled(task: "asyncio.Future[T]") -> "AsyncIterator[asyncio.Future[T]]":
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, AssayError):
            await task


class _Process:
    """One that accepts."""

    def __init__(self, make: Make, recorder: Recorder, address: Address, limits: Limits) -> None:
        context = multiprocessing.get_context("spawn")
        near = recorder.line()
        self._told, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_accept, args=(make, near, theirs, address, limits, gc.get_threshold()), daemon=True
        )
        try:
            self._process.start()
        except OSError as error:
            raise Unavailable(f"cannot start a process: {error.strerror or error}") from error
        finally:
            # What is left open here would keep a line, or this question, from ending with the process.
            near.close()
            theirs.close()

    async def ready(self) -> None:
        """Unavailable, with the reason, when it takes no connections."""
        try:
            async with asyncio.timeout(START_S):
                await _readable(self._told.fileno())
            trouble = str(self._told.recv())
        except TimeoutError:
            trouble = f"a process that accepts was not ready within {START_S:g} s"
        except (EOFError, OSError):
            self._process.join()
            trouble = f"a process that accepts ended with {self.code} before it was ready"
        if trouble:
            raise Unavailable(trouble)

    @property
    def code(self) -> str:
        code = self._process.exitcode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    async def ended(self) -> None:
        if self._process.is_alive():
            await _readable(self._process.sentinel)
        self._process.join()

    def tell(self) -> None:
        """To finish what is under way and end."""
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


class _Team:
    def __init__(self, make: Make, recorder: Recorder, address: Address, limits: Limits) -> None:
        self._make, self._recorder, self._address, self._limits = make, recorder, address, limits
        self._here: set[_Process] = set()

    async def start(self) -> _Process:
        one = _Process(self._make, self._recorder, self._address, self._limits)
        self._here.add(one)
        try:
            await one.ready()
        except Unavailable:
            one.kill()
            await one.ended()
            self._here.discard(one)
            raise
        return one

    async def keep(self, one: _Process) -> None:
        """Replace *one* whenever it ends."""
        while True:
            await one.ended()
            self._here.discard(one)
            _say(f"a process that accepts ended with {one.code}; another one takes its place")
            one = await self._again()

    async def _again(self) -> "_Process":
        pause = AGAIN_S
        while True:
            await asyncio.sleep(pause)
            try:
                return await self.start()
            except Unavailable as error:
                if self._recorder.trouble:
                    raise
                _say(f"{error}; tried again")
            pause = min(2 * pause, MAX_AGAIN_S)

    async def stop(self) -> None:
        for one in self._here:
            one.tell()
        try:
            async with asyncio.timeout(self._limits.stop_s + 1):
                await asyncio.gather(*(one.ended() for one in self._here))
        except TimeoutError:
            for one in self._here:
                one.kill()
            await asyncio.gather(*(one.ended() for one in self._here))


def _accept(
    make: Make,
    near: socket.socket,
    told: Connection,
    address: Address,
    limits: Limits,
    collect_after: Sequence[int],
) -> None:
    gc.set_threshold(*collect_after)
    lost = False
    try:
        app = make(near)

        async def while_recorded() -> None:
            nonlocal lost
            await app.lost()
            lost = True

        serving.serve(
            app,
            address,
            ready=lambda _: told.send(""),
            limits=limits,
            while_serving=while_recorded,
            shared=True,
        )
        app.close()
    except AssayError as error:
        told.send(str(error))
        sys.exit(1)
    if lost:
        _say("the process that records entries has ended; nothing more is accepted")
        sys.exit(1)


def _say(line: str) -> None:
    sys.stderr.write(f"assay: {line}\n")
    sys.stderr.flush()


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not found.done():
            found.set_result(None)

    loop.add_reader(descriptor, tell)
    try:
        await found
    finally:
        loop.remove_reader(descriptor)
