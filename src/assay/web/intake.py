"""Submissions over HTTP: ``POST /submissions`` takes an attestation envelope and answers with a receipt. Needs the extra ``server``.

A receipt says that the envelope is durable, that both its signatures verified under the trust root, and that its entry stands
in the register. There is no authorization here: who signed is checked, not who sent it. Serve it where all may submit.
"""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from http import HTTPStatus
from multiprocessing import get_context, parent_process
from typing import Protocol

import msgspec

from assay.adapters.awaited import Awaited, Taking
from assay.errors import AssayError, Malformed, TooLarge, Unavailable, Unsupported
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.office import Office
from assay.office.ports import Appended, Wanted
from assay.office.submit import Admitted, Documents, admit, wanted
from assay.web.serving import Limits, Message, Receive, Send, status

PATH = "/submissions"
TYPES = ("application/vnd.dsse.envelope+json", "application/json")
RECEIPT = b"application/json"
PROBLEM = b"application/problem+json"
LIMITS = Limits(body_bytes=4 << 20, body_s=20, head_s=10, requests=512)
"""An envelope with its attestation; artifacts do not come this way."""
MAX_BATCH = 32
"""Envelopes that one thread verifies before those are recorded."""
MAX_WAITING = 4096


class ManyBlobs(Protocol):
    """The office's blobs, many at a time."""

    def put_many(self, blobs: Sequence[bytes]) -> Sequence[Digest]:
        """All durable when it returns."""

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those that are here."""


_Answer = asyncio.Future[Appended]
_Asked = tuple[bytes, _Answer]
_Good = tuple[bytes, _Answer, Admitted]
_Found = list[Admitted | Exception]


class Intake:
    """Admits envelopes in a few threads or processes and has them recorded, for the coroutines of one event loop.

    Nothing waits for company: what came while all were busy is verified together, kept with one synchronisation, and goes
    into one commit with whatever else waits for the register then. *processes* of 0: in threads, which share one core but for
    the signatures.
    """

    def __init__(
        self, office: Office, register: Taking, blobs: ManyBlobs, *, threads: int = 2, processes: int = 0
    ) -> None:
        self._office, self._blobs = office, blobs
        self._loop = asyncio.get_running_loop()
        self._register = Awaited(register)
        judged = (office.trust, tuple(ref for ref, _ in office.packs))
        self._examine: Callable[[Sequence[bytes], datetime], _Found]
        self._begin: Callable[[], Executor]
        if processes:
            self._examine = _examine_there
            self._begin = partial(ProcessPoolExecutor, processes, get_context("spawn"), _begin_there, judged)
        else:
            self._examine = partial(examine, *judged)
            self._begin = partial(ThreadPoolExecutor, threads, "intake-verify")
        self._verifiers: Executor = self._begin()
        self._recorder = ThreadPoolExecutor(1, thread_name_prefix="intake-record")
        self._idle = processes + 1 if processes else threads  # one more batch waits beside the processes
        self._waiting: deque[_Asked] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, envelope: bytes) -> Appended:
        """Raises what :func:`admit` and the register refuse it for; Unavailable when too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable(f"{MAX_WAITING} submissions wait to be verified; try again later")
        answer: _Answer = self._loop.create_future()
        self._waiting.append((envelope, answer))
        self._start()
        return await answer

    def close(self) -> None:
        """After the last answer."""
        self._verifiers.shutdown()
        self._recorder.shutdown()

    def _start(self) -> None:
        while self._idle and self._waiting:
            self._idle -= 1
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            task = self._loop.create_task(self._take(batch))
            self._tasks.add(task)  # the loop itself keeps no hold of it
            task.add_done_callback(self._tasks.discard)

    async def _take(self, batch: Sequence[_Asked]) -> None:
        now = self._office.clock.now()
        found: _Found
        verifiers = self._verifiers
        try:
            envelopes = [envelope for envelope, _ in batch]
            found = await self._loop.run_in_executor(verifiers, self._examine, envelopes, now)
        except BrokenExecutor:
            found = [Unavailable("a verifying process died; try again")] * len(batch)
            if self._verifiers is verifiers:
                self._verifiers = self._begin()
        except Exception as failed:  # noqa: BLE001 - each is told
            found = [failed] * len(batch)
        self._idle += 1
        self._start()
        good: list[_Good] = []
        for (envelope, answer), one in zip(batch, found, strict=True):
            if isinstance(one, Exception):
                _tell(answer, one)
            else:
                good.append((envelope, answer, one))
        if good:
            await self._keep(good, now)

    async def _keep(self, good: Sequence[_Good], now: datetime) -> None:
        answers: Sequence[Appended | Exception]
        try:
            entries = await self._loop.run_in_executor(self._recorder, self._entries, good, now)
            # A crash here leaves envelopes that no entry names: harmless, and the same names when tried again.
            answers = await self._register.append_all(entries)  # at once: they go into one commit
        except Exception as error:  # noqa: BLE001 - each is told
            answers = [error] * len(good)
        for (_, answer, _), one in zip(good, answers, strict=True):
            _tell(answer, one)

    def _entries(self, good: Sequence[_Good], now: datetime) -> list[Wanted]:
        """In a thread. Keeps the envelopes and makes their entries."""
        names = self._blobs.put_many([envelope for envelope, _, _ in good])
        here = self._blobs.among({digest for _, _, one in good for digest in one.named})
        return [
            wanted(self._office, one, _documents(name, one, here), now)
            for name, (_, _, one) in zip(names, good, strict=True)
        ]


def _tell(answer: _Answer, found: Appended | Exception) -> None:
    if answer.done():
        return  # whoever asked has gone; what is recorded stays
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)


def examine(trust: bytes, packs: Sequence[str], envelopes: Sequence[bytes], now: datetime) -> _Found:
    """What :func:`admit` says of each; of a refused one, why. One costs the others nothing."""
    found: _Found = []
    for envelope in envelopes:
        try:
            found.append(admit(trust, packs, Bundle(envelope, None, {}), now))
        except Exception as error:  # noqa: BLE001 - each is told its own
            found.append(error)
    return found


_judged: tuple[bytes, Sequence[str]] = (b"", ())
"""In a verifying process: trust root and packs, which would be much to send with every batch."""


def _begin_there(trust: bytes, packs: Sequence[str]) -> None:
    global _judged  # noqa: PLW0603 - set once, before the first batch
    _judged = (trust, packs)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A server that is killed must leave no process behind."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _examine_there(envelopes: Sequence[bytes], now: datetime) -> _Found:
    return examine(*_judged, envelopes, now)


def _documents(envelope: Digest, admitted: Admitted, here: Collection[Digest]) -> Documents:
    """With the named artifacts that are here already; the submission lacks the others."""
    return Documents(envelope=envelope, artifacts=tuple(sorted(set(admitted.named).intersection(here))))


class Submissions:
    """An ASGI application for :func:`assay.web.serving.serve` with :data:`LIMITS`. *blobs* are the office's.

    Without a framework, which would cost as much as everything but the signatures. :meth:`close` it after serving.
    """

    def __init__(
        self, office: Office, register: Taking, blobs: ManyBlobs, *, threads: int = 2, processes: int = 0
    ) -> None:
        self._origin = office.origin
        self._make = partial(Intake, office, register, blobs, threads=threads, processes=processes)
        self._intake: Intake | None = None

    def close(self) -> None:
        if self._intake is not None:
            self._intake.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            code, kind, body = 201, RECEIPT, await self._receipt(scope, receive)
        except AssayError as error:
            code, kind, body = _problem(error)
        except Exception as error:  # noqa: BLE001 - the edge: told to whoever runs the office, not to the caller
            sys.stderr.write(f"assay: a fault in Assay: {type(error).__name__}: {shown(str(error), 400)}\n")
            code, kind, body = _problem(Fault("a fault in Assay"))
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *_MORE.get(code, ())]
        await send({"type": "http.response.start", "status": code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _receipt(self, scope: Message, receive: Receive) -> bytes:
        _require_route(scope)
        body = await _body(receive)
        if self._intake is None:  # here, because it belongs to the server's loop
            self._intake = self._make()
        return (await self._intake.submit(body)).receipt(self._origin).encode()


class NoSuchPath(Malformed):
    pass


class WrongMethod(Malformed):
    pass


class WrongType(Unsupported):
    pass


class Fault(AssayError):
    """Ours, not the caller's."""


_CODES: dict[type[AssayError], int] = {NoSuchPath: 404, WrongMethod: 405, WrongType: 415, Fault: 500}
_MORE: dict[int, tuple[tuple[bytes, bytes], ...]] = {
    405: ((b"allow", b"POST"),),
    503: ((b"retry-after", b"1"),),
}


def _require_route(scope: Message) -> None:
    if scope["path"] != PATH:
        raise NoSuchPath(f"there is no {shown(scope['path'], 80)}, expected {PATH}")
    if scope["method"] != "POST":
        raise WrongMethod(f"{PATH} takes POST, not {shown(scope['method'], 20)}")
    header = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    kind = header.partition(b";")[0].strip().lower().decode("latin-1")
    if kind not in TYPES:
        raise WrongType(f"Content-Type is {shown(kind, 80)!r}, expected {' or '.join(TYPES)}")


async def _body(receive: Receive) -> bytes:
    """Whole; the server in front bounds its time."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Malformed("the body ended before its end")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LIMITS.body_bytes:
            raise TooLarge(f"the body has over {LIMITS.body_bytes} bytes")
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _problem(error: AssayError) -> tuple[int, bytes, bytes]:
    """RFC 9457. ``error`` names the kind of refusal for programs, ``detail`` says it in one line for people."""
    code = _CODES.get(type(error)) or status(error)
    document = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": shown(str(error), 2000),
        "error": type(error).__name__,
    }
    return code, PROBLEM, msgspec.json.encode(document)
