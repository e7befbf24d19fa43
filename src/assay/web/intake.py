"""Submissions over HTTP: ``POST /submissions`` takes an attestation envelope and answers with a receipt. Needs the extra ``server``.

A receipt says that the envelope is durable, that both its signatures verified under the trust root, and that its entry stands
in the register. There is no authorization here: who signed is checked, not who sent it. Serve it where all may submit.
"""

import asyncio
import socket
import sys
from collections.abc import Collection
from http import HTTPStatus
from typing import Protocol

import msgspec

from assay.adapters.awaited import Awaited
from assay.adapters.line.near import Line
from assay.adapters.line.wire import Deposit
from assay.errors import AssayError, Malformed, TooLarge, Unavailable, Unsupported
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.office import Office
from assay.office.ports import Appended
from assay.office.submit import Admitted, Documents, admit, wanted
from assay.web.serving import Limits, Message, Receive, Send, status

PATH = "/submissions"
TYPES = ("application/vnd.dsse.envelope+json", "application/json")
RECEIPT = b"application/json"
PROBLEM = b"application/problem+json"
LIMITS = Limits(body_bytes=4 << 20, body_s=20, head_s=10, requests=512)
"""An envelope with its attestation; artifacts do not come this way."""
AT_ONCE = 128 << 10
"""Bytes of an envelope that is read and verified in the loop. Longer ones take a thread, so that others need not wait for them."""
MAX_WAITING = 4096


class Lookup(Protocol):
    """The office's blobs, to see which of many are there."""

    def among(self, digests: Collection[Digest]) -> frozenset[Digest]:
        """Those that are here."""


class Intake:
    """Admits envelopes and has them recorded over *near*, the end of a line of :class:`~assay.adapters.line.far.Recorder`.

    For the coroutines of one event loop, in a process that has little else to do: verifying takes most of the time, and threads
    that share an interpreter would only wait for each other.
    """

    def __init__(self, office: Office, near: socket.socket, blobs: Lookup) -> None:
        self._office, self._blobs = office, blobs
        self._packs = tuple(ref for ref, _ in office.packs)
        self._line = Line(near)
        self._register = Awaited[Deposit](self._line)
        self._waiting = 0

    async def submit(self, envelope: bytes) -> Appended:
        """Raises what :func:`admit` and the register refuse it for; Unavailable when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise Unavailable(f"{MAX_WAITING} submissions wait to be recorded; try again later")
        self._waiting += 1
        try:
            if len(envelope) > AT_ONCE:
                deposit = await asyncio.to_thread(self._admit, envelope)
            else:
                deposit = self._admit(envelope)
            return await self._register.append(deposit)
        finally:
            self._waiting -= 1

    async def lost(self) -> None:
        """Returns when nothing can be recorded any more."""
        await self._line.lost()

    def close(self) -> None:
        """After the last answer."""
        self._line.close()

    def _admit(self, envelope: bytes) -> Deposit:
        now = self._office.clock.now()
        admitted = admit(self._office.trust, self._packs, Bundle(envelope, None, {}), now)
        entry = wanted(self._office, admitted, self._documents(envelope, admitted), now)
        return Deposit(entry, (envelope,))

    def _documents(self, envelope: bytes, admitted: Admitted) -> Documents:
        """With the named artifacts that are here already; the submission lacks the others."""
        here = self._blobs.among(admitted.named) if admitted.named else ()
        return Documents(
            envelope=Digest.sha256(envelope), artifacts=tuple(sorted(set(admitted.named).intersection(here)))
        )


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
