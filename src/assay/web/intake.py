"""Submissions over HTTP: ``POST /submissions`` takes an attestation envelope and answers with a receipt. Needs the extra ``server``.

A receipt says that the envelope is durable, that both its signatures verified under the trust root, and that its entry stands
in the register. There is no authorization here: who signed is checked, not who sent it. Serve it where all may submit.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Protocol

import msgspec

from assay.adapters.awaited import Awaited, Taking
from assay.errors import AssayError, Malformed, TooLarge, Unavailable, Unsupported
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.office import Office
from assay.office.ports import Appended
from assay.office.submit import Documents, admit, wanted
from assay.validation.examine import Opened
from assay.web.serving import App, Limits, Message, Receive, Send, status

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
_Refused = tuple[_Answer, Exception]


class Intake:
    """Admits envelopes in a few threads and has them recorded, for the coroutines of one event loop.

    Nothing waits for company: what came while the threads were busy is verified together, kept with one synchronisation, and
    goes into one commit with whatever else waits for the register then.
    """

    def __init__(self, office: Office, register: Taking, blobs: ManyBlobs, *, threads: int = 2) -> None:
        self._office, self._blobs = office, blobs
        self._loop = asyncio.get_running_loop()
        self._register = Awaited(register)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="intake")
        self._idle = threads
        self._waiting: deque[_Asked] = deque()

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
        self._threads.shutdown()

    def _start(self) -> None:
        while self._idle and self._waiting:
            self._idle -= 1
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            self._loop.run_in_executor(self._threads, self._admit, batch).add_done_callback(self._finished)

    def _finished(self, done: "asyncio.Future[list[_Refused]]") -> None:
        self._idle += 1
        for answer, error in done.result():
            if not answer.done():
                answer.set_exception(error)
        self._start()

    def _admit(self, batch: Sequence[_Asked]) -> list[_Refused]:
        """In a thread. Hands in what is good; returns the others, each with its reason."""
        refused: list[_Refused] = []
        good: list[tuple[bytes, _Answer, Opened]] = []
        now = self._office.clock.now()
        for envelope, answer in batch:
            try:
                good.append((envelope, answer, admit(self._office, Bundle(envelope, None, {}), now)))
            except Exception as error:  # noqa: BLE001 - each is told its own, and costs the others nothing
                refused.append((answer, error))
        if not good:
            return refused
        try:
            names = self._blobs.put_many([envelope for envelope, _, _ in good])
            here = self._blobs.among(
                {one.digest for _, _, opened in good for one in opened.attestation.artifacts}
            )
            entries = [
                wanted(self._office, opened, _documents(name, opened, here), now)
                for name, (_, _, opened) in zip(names, good, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 - as above
            return [*refused, *((answer, error) for _, answer, _ in good)]
        # A crash here leaves envelopes that no entry names: harmless, and the same names when tried again.
        for entry, (_, answer, _) in zip(entries, good, strict=True):  # at once: they go into one commit
            try:
                self._register.put(entry, answer)
            except Exception as error:  # noqa: BLE001 - as above
                refused.append((answer, error))
        return refused


def _documents(envelope: Digest, opened: Opened, here: Collection[Digest]) -> Documents:
    """With the named artifacts that are here already; the submission lacks the others."""
    named = {artifact.digest for artifact in opened.attestation.artifacts}
    return Documents(envelope=envelope, artifacts=tuple(sorted(named.intersection(here))))


def app(office: Office, register: Taking, blobs: ManyBlobs, *, threads: int = 2) -> App:
    """For :func:`assay.web.serving.serve` with :data:`LIMITS`. *blobs* are the office's.

    ASGI without a framework, which would cost as much as everything but the signatures.
    """
    intake: list[Intake] = []

    async def receipt(scope: Message, receive: Receive) -> bytes:
        _require_route(scope)
        body = await _body(receive)
        if not intake:  # in the server's own loop
            intake.append(Intake(office, register, blobs, threads=threads))
        return (await intake[0].submit(body)).receipt(office.origin).encode()

    async def submissions(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            code, kind, body = 201, RECEIPT, await receipt(scope, receive)
        except AssayError as error:
            code, kind, body = _problem(error)
        except Exception as error:  # noqa: BLE001 - the edge: told to whoever runs the office, not to the caller
            sys.stderr.write(f"assay: a fault in Assay: {type(error).__name__}: {shown(str(error), 400)}\n")
            code, kind, body = _problem(Fault("a fault in Assay"))
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *_MORE.get(code, ())]
        await send({"type": "http.response.start", "status": code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return submissions


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
