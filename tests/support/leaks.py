"""What anybody may ask an office for, and whether something stands in an answer, in whatever form."""

import base64
import binascii
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from html import unescape
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from assay.formats.digest import Digest

DEPTH = 5
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPED = re.compile(rb"\\u([0-9a-fA-F]{4})|&#(x?)([0-9a-fA-F]+);")
_LINK = re.compile(r"""(?:["'<])(?:http://office\.localhost:8080)?(/(?![/*])[!#-&(-;=?-~]{0,300})(?:["'>])""")
_GZIP = b"\x1f\x8b\x08"


class Answer(msgspec.Struct, frozen=True):
    """All bytes of one answer that somebody sees."""

    asked: "Asked"
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def seen(self) -> bytes:
        return (
            "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
            + b"\n\n"
            + self.body
        )


def forms(data: bytes, depth: int = DEPTH) -> Iterator[bytes]:
    """*data*, and what it holds in base64, hexadecimal, percent-encoding, escapes or gzip, one in the other."""
    yield data
    if not depth:
        return
    for inner in dict.fromkeys(_inner(data)):
        if inner and inner != data:
            yield from forms(inner, depth - 1)


def _inner(data: bytes) -> Iterator[bytes]:
    for found in _BASE64.finditer(data):
        text = found[0].replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        text = text[: len(text) // 4 * 4 + (0 if len(text) % 4 == 1 else len(text) % 4)]
        yield base64.b64decode(text + b"=" * (-len(text) % 4))
    for found in _HEX.finditer(data):
        yield binascii.unhexlify(found[0])
    if b"%" in data:
        yield unquote_to_bytes(data)
    if _ESCAPED.search(data):
        yield _ESCAPED.sub(_character, data)
    at = data.find(_GZIP)
    while at >= 0:
        with suppress(zlib.error):  # the three bytes may stand there by chance
            yield zlib.decompressobj(wbits=31).decompress(data[at:], 1 << 22)
        at = data.find(_GZIP, at + 1)


def _character(found: re.Match[bytes]) -> bytes:
    code = int(found[1] or found[3], 16 if found[1] or found[2] else 10)
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b""


def found(data: bytes, secrets: Iterable[str | Digest]) -> frozenset[str]:
    """Those of *secrets* that stand in *data*: texts without case, digests as bytes too."""
    everything = b"\0".join(forms(data))
    folded = everything.lower()
    return frozenset(
        str(one)
        for one in secrets
        if (one.raw in everything or one.value.encode() in folded if isinstance(one, Digest) else one.lower().encode() in folded)
    )  # fmt: skip


class Asked(msgspec.Struct, frozen=True):
    method: str
    path: str
    said: str = ""
    """What stands in the path or the query in a place that could be something else."""


def questions(
    app: Litestar, paths: Mapping[str, Collection[str]], queries: Mapping[str, Collection[str]]
) -> Iterator[Asked]:
    """Every route of *app*, with all that *paths* says of what stands between braces, and each query that it takes."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            taken = sorted(handler.parsed_fn_signature.parameters.keys() & queries.keys())
            for said, path in _filled(route.path_format, paths):
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    yield Asked(method, path, said)
                    if method == "GET":
                        for query in taken:
                            for value in queries[query]:
                                yield Asked(method, f"{path}?{urlencode({query: value})}", value)


def _filled(template: str, paths: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """*template* with each value of its first place; what comes after that is ``1``."""
    names = re.findall(r"\{(\w+)\}", template)
    for value in paths.get(names[0], paths[""]) if names else ("",):
        yield (
            value,
            re.sub(r"\{\w+\}", "1", template.replace(f"{{{names[0]}}}", value) if names else template),
        )


def ask(client: Any, asked: Asked) -> Answer:
    """As anybody: without a word of who it is."""
    client.cookies.clear()
    plain = asked.method in ("GET", "HEAD", "OPTIONS")
    answer = client.request(
        asked.method, asked.path, follow_redirects=False, **({} if plain else {"json": {}})
    )
    return Answer(asked, answer.status_code, dict(answer.headers), answer.content)


def links(answer: Answer) -> frozenset[str]:
    """Addresses of the same office that *answer* names."""
    text = answer.seen.decode("utf-8", "replace")
    return frozenset(unescape(one) for one in _LINK.findall(text))
