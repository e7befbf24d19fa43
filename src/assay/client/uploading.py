"""A document into an office by digest, in pieces, going on where it was. See docs/formats/upload.md."""

import hashlib
from collections.abc import Callable, Mapping
from typing import BinaryIO

import msgspec

from assay.adapters.http_client import Answer
from assay.errors import Malformed, Unavailable
from assay.formats.digest import Digest
from assay.formats.upload_headers import (
    COMPLETE,
    LENGTH,
    OFFSET,
    PARTIAL,
    REPR_DIGEST,
    encode_count,
    encode_digest,
    encode_flag,
    parse_count,
    parse_flag,
)

PIECE = 8 << 20
"""Bytes of one request: what is sent again, at most, when a connection breaks."""
TRIES = 4
"""In a row that bring nothing further."""
WHERE = "/api/v1/uploads"

Ask = Callable[[str, str, bytes | None, Mapping[str, str]], Answer]
"""Method, path, body and headers; Unavailable when no answer came."""
Good = Callable[[Answer], Answer]
"""Raises what the office refused it for."""


class _At(msgspec.Struct, frozen=True):
    where: str
    offset: int
    complete: bool


def upload(ask: Ask, good: Good, source: BinaryIO) -> Digest:
    """Bring *source*, which is read twice, from its beginning. Begun again later, it goes on where it was."""
    digest, length = _measured(source)
    at = _begun(ask, good, source, digest, length)
    tries = 0
    while not at.complete:
        if at.offset > length:
            raise Malformed(f"the office says that it keeps {at.offset} bytes of {length}")
        after = _gone_on(ask, good, source, at, length)
        tries = 0 if after.complete or after.offset > at.offset else tries + 1
        if tries >= TRIES:
            raise Unavailable(f"the upload stays at {at.offset} of {length} bytes")
        at = after
    return digest


def _measured(source: BinaryIO) -> tuple[Digest, int]:
    computed, length = hashlib.sha256(), 0
    source.seek(0)
    while data := source.read(1 << 20):
        computed.update(data)
        length += len(data)
    return Digest("sha256", computed.hexdigest()), length


def _begun(ask: Ask, good: Good, source: BinaryIO, digest: Digest, length: int) -> _At:
    source.seek(0)
    whole = length <= PIECE
    headers = {
        REPR_DIGEST: encode_digest(digest),
        LENGTH: encode_count(length),
        COMPLETE: encode_flag(whole),
    }
    answer = good(ask("POST", WHERE, source.read(PIECE) if whole else b"", headers))
    if parse_flag(answer.headers.get(COMPLETE.lower(), "")):
        return _At("", length, complete=True)
    if not answer.location.startswith(WHERE + "/"):
        raise Malformed(f"the office names no upload of its own: {answer.location[:80]!r}")
    return _at(answer.location, answer)


def _gone_on(ask: Ask, good: Good, source: BinaryIO, at: _At, length: int) -> _At:
    source.seek(at.offset)
    data = source.read(PIECE)
    headers = {
        "Content-Type": PARTIAL,
        OFFSET: encode_count(at.offset),
        COMPLETE: encode_flag(at.offset + len(data) >= length),
    }
    try:
        answer = ask("PATCH", at.where, data, headers)
        return _at(at.where, answer if answer.status == 409 else good(answer))
    except Unavailable:
        return _at(at.where, good(ask("HEAD", at.where, None, {})))


def _at(where: str, answer: Answer) -> _At:
    try:
        return _At(
            where,
            parse_count(answer.headers.get(OFFSET.lower(), ""), what=OFFSET),
            complete=parse_flag(answer.headers.get(COMPLETE.lower(), "?0")),
        )
    except Malformed as error:
        raise Malformed(f"the office's answer is not in the form of the protocol: {error}") from error
