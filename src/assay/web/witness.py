"""A witness over HTTP (c2sp.org/tlog-witness), with a page of what it has seen. Needs the extra ``server``."""

from collections.abc import Callable

import msgspec
from litestar import Litestar, Response, get, post
from litestar.params import RawBody

from assay.errors import AssayError
from assay.formats.text import shown
from assay.formats.tlog_witness import MAX_BYTES, PATH, SIZE_TYPE, AddCheckpoint, encode_lines, encode_size
from assay.tlog.witness import Conflict, Forked, NotConsistent, Unknown, Witness
from assay.web.serving import PLAIN, Limits, application, status

LIMITS = Limits(body_bytes=MAX_BYTES, body_s=15, head_s=10, requests=512)
MAX_TOLD = 1000
"""Lines; whoever holds a signed checkpoint can send it with any number of wrong proofs."""


class SeenLog(msgspec.Struct, frozen=True):
    origin: str
    size: int
    root: str
    """Hexadecimal; empty before the first cosignature."""
    cosigned: int
    """Unix seconds of the newest cosignature; 0 before the first."""
    forks: int
    """Checkpoints kept that contradict the one cosigned."""
    stopped: str
    """Why nothing of this log is signed any more; empty when it is."""


def seen(witness: Witness) -> tuple[SeenLog, ...]:
    """What the witness knows of each log, by origin."""
    found = []
    for origin in sorted(witness.logs):
        latest = witness.state.latest(origin)
        found.append(
            SeenLog(
                origin=origin,
                size=latest.size if latest else 0,
                root=latest.root.hex() if latest else "",
                cosigned=latest.stamp if latest else 0,
                forks=len(witness.state.forks(origin)),
                stopped=witness.state.stopped(origin),
            )
        )
    return tuple(found)


def app(witness: Witness, tell: Callable[[str], None] = lambda _: None) -> Litestar:
    """*tell* gets a line for what was refused after the log's signature was verified, each line once."""
    told: set[str] = set()

    def said(line: str) -> None:
        if line not in told and len(told) < MAX_TOLD:
            told.add(line)
            tell(line)

    @post(f"/{PATH}", status_code=200, sync_to_thread=True)
    def add(body: RawBody) -> Response[bytes]:
        try:
            return _plain(encode_lines(witness.add_checkpoint(AddCheckpoint.parse(body))))
        except Conflict as error:
            if isinstance(error, Forked):
                said(str(error))
            # As a header: Litestar would add a character set to a media type of text.
            return Response(encode_size(error.size), status_code=409, headers={"content-type": SIZE_TYPE})
        except NotConsistent as error:
            said(str(error))
            return _refused(error, 422)
        except Unknown as error:
            return _refused(error, 404)
        except AssayError as error:
            if status(error) == 503:
                said(str(error))
            return _refused(error, status(error))

    @get("/", sync_to_thread=True)
    def about() -> Response[bytes]:
        document = {
            "witness": witness.name,
            "vkeys": [one.vkey.encode() for one in witness.cosigners],
            "logs": seen(witness),
        }
        return Response(msgspec.json.encode(document), media_type="application/json")

    return application([add, about])


def _plain(data: bytes, code: int = 200) -> Response[bytes]:
    return Response(data, status_code=code, media_type=PLAIN)


def _refused(error: AssayError, code: int) -> Response[bytes]:
    return _plain(f"{shown(str(error), 2000)}\n".encode(), code)
