"""Witnesses asked over HTTP (c2sp.org/tlog-witness)."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay.adapters.http_client import Answer, HttpClient
from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats import tlog_witness
from assay.formats.note import Note, NoteSignature
from assay.formats.text import shown
from assay.formats.web_url import parse_url
from assay.register import cosignature
from assay.register.body import Checkpoint
from assay.register.cosignature import Cosigner
from assay.register.quorum import Quorum
from assay.tlog.witness import NotConsistent

T = TypeVar("T")

TIMEOUT_S = 10.0
MAX_THREADS = 48


class HttpWitness:
    """One witness behind *url*, its submission prefix, with all the keys that it is known by."""

    def __init__(self, url: str, cosigners: Sequence[Cosigner], client: HttpClient) -> None:
        if not cosigners:
            raise ValueError("a witness without a key cannot be verified")
        parse_url(url)
        self._url = f"{url.rstrip('/')}/{tlog_witness.PATH}"
        self._cosigners = tuple(cosigners)
        self._client = client

    def add_checkpoint(
        self, old: int, proof: tuple[bytes, ...], checkpoint: bytes
    ) -> tuple[bytes, ...] | int:
        """The verified lines of its known keys, or its size (409).

        Refused when it would not sign, Untrusted or Malformed when its answer is no good, Unavailable without one.
        """
        request = tlog_witness.AddCheckpoint(old, proof, checkpoint).encode()
        answer = self._client.post(self._url, request, limit=tlog_witness.MAX_BYTES)
        if answer.status == 409:
            return self._size(answer)
        if answer.status != 200:
            raise self._refusal(answer)
        note = Note.parse(checkpoint, what="checkpoint")
        body = Checkpoint.parse(note.text)
        lines = tlog_witness.parse_lines(answer.body, what=f"answer of {shown(self._url)}")
        good = tuple(line.encode().encode() for line in self._known(lines) if self._verified(body, line))
        if not good:
            raise Untrusted(f"{shown(self._url)} answers without a signature of a known key")
        return good

    def _known(self, lines: Sequence[NoteSignature]) -> tuple[NoteSignature, ...]:
        return tuple(line for line in lines if any(line.by(one.vkey) for one in self._cosigners))

    def _verified(self, checkpoint: Checkpoint, line: NoteSignature) -> bool:
        """True, or Untrusted: an answer of which a part is forged is not used in part."""
        cosigner = next(one for one in self._cosigners if line.by(one.vkey))
        cosignature.verify(checkpoint, line, cosigner)
        return True

    def _size(self, answer: Answer) -> int:
        what = f"answer 409 of {shown(self._url)}"
        if answer.content_type != tlog_witness.SIZE_TYPE:
            raise Malformed(
                f"{what} is {shown(answer.content_type, 60)!r}, expected {tlog_witness.SIZE_TYPE!r}"
            )
        return tlog_witness.parse_size(answer.body, what=what)

    def _refusal(self, answer: Answer) -> Refused | Unavailable:
        said = shown(answer.body[:400].decode("utf-8", errors="replace").strip(), 200) or "nothing more"
        line = f"{shown(self._url)} answers {answer.status}: {said}"
        if answer.status == 422:
            return NotConsistent(line)
        return Refused(line) if answer.status in {400, 403, 404} else Unavailable(line)


def side_by_side(calls: Sequence[Callable[[], T]]) -> Sequence[T]:
    """Each call in a thread of its own; for :func:`assay.tlog.witnessing.witness`."""
    if not calls:
        return []
    with ThreadPoolExecutor(max_workers=min(len(calls), MAX_THREADS)) as pool:
        return list(pool.map(lambda call: call(), calls))


def witnesses(quorum: Quorum, client: HttpClient) -> dict[str, HttpWitness]:
    """A client for each witness of the policy that has a URL, by name; those that share a URL are asked once.

    Such a one bears all their names, joined by a comma.
    """
    by_url: dict[str, list[str]] = {}
    for one in quorum.policy.witnesses:
        if one.url:
            by_url.setdefault(one.url, []).append(one.name)
    cosigners: Mapping[str, Cosigner] = quorum.cosigners
    return {
        ",".join(names): HttpWitness(url, [cosigners[name] for name in names], client)
        for url, names in by_url.items()
    }
