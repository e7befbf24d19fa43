"""Submissions over HTTP: ``POST /submissions`` takes an attestation envelope and answers with a receipt. Needs the extra ``server``.

A receipt says that the envelope is durable, that both its signatures verified under the trust root, and that its entry stands
in the register. There is no authorization here: who signed is checked, not who sent it. Serve it where all may submit.
"""

import asyncio
import socket
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Protocol, TypeVar

import msgspec

from assay.adapters.line.near import Line
from assay.adapters.line.wire import Deposit
from assay.errors import AssayError, Malformed, TooLarge, Unavailable, Unsupported
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.office import Office
from assay.office.ports import Appended
from assay.office.submit import Admitted, Documents, admit_read, wanted
from assay.validation.opened import Unverified, read
from assay.web.serving import Limits, Message, Receive, Send, status

PATH = "/submissions"
TYPES = ("application/vnd.dsse.envelope+json", "application/json")
RECEIPT = b"application/json"
PROBLEM = b"application/problem+json"
LIMITS = Limits(body_bytes=4 << 20, body_s=20, head_s=10, requests=512)
"""An envelope with its attestation; artifacts do not come this way."""
AT_ONCE = 128 << 10
"""Bytes of an envelope that is read and verified in the loop. Longer ones take a thread, so that others need not wait for them."""
MAX_BATCH = 32
"""Envelopes that are verified before those are handed in: the recording process need not wait for a long turn to end."""
MAX_WAITING = 4096


class Lookup(Protocol):
    """The office's blobs, to see which of many are there."""

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those that are here."""


class _Asked(msgspec.Struct):
    envelope: bytes
    answer: asyncio.Future[Appended]

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.envelope, None, {})


A = TypeVar("A")
B = TypeVar("B")


class Intake:
    """Admits envelopes and has them recorded over *near*, the end of a line of :class:`~assay.adapters.line.far.Recorder`.

    For the coroutines of one event loop, in a process that has little else to do: verifying takes most of the time, and threads
    that share an interpreter would only wait for each other. What one turn of the loop brought is verified, looked up, made into
    entries and handed in together: each of these steps is quicker right after another of its kind.
    """

    def __init__(self, office: Office, near: socket.socket, blobs: Lookup) -> None:
        self._office, self._blobs = office, blobs
        self._packs = tuple(ref for ref, _ in office.packs)
        self._line, self._loop = Line(near), asyncio.get_running_loop()
        self._new: deque[_Asked] = deque()
        self._waiting = 0

    async def submit(self, envelope: bytes) -> Appended:
        """Raises what :func:`admit` and the register refuse it for; Unavailable when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise Unavailable(f"{MAX_WAITING} submissions wait to be recorded; try again later")
        asked = _Asked(envelope, self._loop.create_future())
        self._waiting += 1
        try:
            if len(envelope) > AT_ONCE:
                await self._take_long(asked)
            else:
                self._put(asked)
            return await asked.answer
        finally:
            self._waiting -= 1

    async def lost(self) -> None:
        """Returns when nothing can be recorded any more."""
        await self._line.lost()

    def close(self) -> None:
        """After the last answer."""
        self._line.close()

    def _put(self, asked: _Asked) -> None:
        if not self._new:
            self._loop.call_soon(self._take)
        self._new.append(asked)

    def _take(self) -> None:
        taken = [self._new.popleft() for _ in range(min(MAX_BATCH, len(self._new)))]
        if self._new:
            self._loop.call_soon(self._take)
        now = self._office.clock.now()
        here = [(one, one.bundle) for one in taken if not one.answer.done()]
        self._hand_in(_each(_each(here, read), partial(self._admit, now)), now)

    async def _take_long(self, asked: _Asked) -> None:
        now = self._office.clock.now()
        admitted = await asyncio.to_thread(lambda: self._admit(now, read(asked.bundle)))
        self._hand_in([(asked, admitted)], now)

    def _admit(self, now: datetime, found: Unverified) -> Admitted:
        return admit_read(self._office.trust, self._packs, found, now)

    def _hand_in(self, good: Sequence[tuple[_Asked, Admitted]], now: datetime) -> None:
        answers = [asked.answer for asked, _ in good]
        try:
            here = self._blobs.among({digest for _, one in good for digest in one.named})
            deposits = [
                Deposit(
                    wanted(self._office, one, _documents(asked.envelope, one, here), now), (asked.envelope,)
                )
                for asked, one in good
            ]
            if deposits:
                self._line.put(deposits, partial(_settle, answers))
        except Exception as error:  # noqa: BLE001 - each is told
            _settle(answers, [error] * len(answers))


def _each(items: Iterable[tuple[_Asked, A]], step: Callable[[A], B]) -> list[tuple[_Asked, B]]:
    """What *step* makes of each; whoever asked for one that it refuses is told why."""
    done: list[tuple[_Asked, B]] = []
    for asked, value in items:
        try:
            done.append((asked, step(value)))
        except Exception as error:  # noqa: BLE001 - each is told its own
            asked.answer.set_exception(error)
    return done


def _documents(envelope: bytes, admitted: Admitted, here: Collection[Digest]) -> Documents:
    """With the named artifacts that are here already; the submission lacks the others."""
    artifacts = tuple(sorted(set(admitted.named).intersection(here)))
    return Documents(envelope=Digest.sha256(envelope), artifacts=artifacts)


def _settle(answers: Sequence[asyncio.Future[Appended]], found: Sequence[Appended | Exception]) -> None:
    for answer, one in zip(answers, found, strict=True):
        if answer.done():
            continue  # whoever asked has gone; what is recorded stays
        if isinstance(one, Exception):
            answer.set_exception(one)
        else:
            answer.set_result(one)


class Submissions:
    """An ASGI application for :func:`assay.web.serving.serve` with :data:`LIMITS`. *near* and *blobs*: see :class:`Intake`.

    Without a framework, which would cost as much as everything but the signatures. :meth:`close` it after serving.
    """

    def __init__(self, office: Office, near: socket.socket, blobs: Lookup) -> None:
        self._office, self._near, self._blobs = office, near, blobs
        self._opened: Intake | None = None

    async def lost(self) -> None:
        """Returns when nothing can be recorded any more: the process that records has ended."""
        await self._intake.lost()

    def close(self) -> None:
        if self._opened is None:
            self._near.close()
        else:
            self._opened.close()

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
        return (await self._intake.submit(body)).encoded(self._office.origin)

    @property
    def _intake(self) -> Intake:
        if self._opened is None:  # here, because it belongs to the server's loop
            self._opened = Intake(self._office, self._near, self._blobs)
        return self._opened


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
