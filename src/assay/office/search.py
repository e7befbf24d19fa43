"""Find entries of the register by what their openings say, as far as the asker may see them.

The index is a projection behind the append path: it is caught up before a question, and the answer says as of which entry.
Whatever is private stands in it under words that hold who may ask. A question for others looks up other words, so neither
hits, nor counts, nor cursors depend on what the asker may not see. What an answer leaves out is not proven.

An entry can be found by what its submission says while its own openings and the submission's are there; they are shared with
everybody from the publication of the result on, and with the provider named in them always.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import product
from typing import Literal, Protocol

import msgspec

from assay.errors import AssayError, Malformed
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.note import Note
from assay.formats.purl import Purl, identity
from assay.office.ports import Backing, Blobs, Ledger
from assay.register import opening
from assay.register.body import Checkpoint
from assay.register.leaf import Entry, Kind
from assay.register.merkle import leaf_hash
from assay.register.opening import Opening
from assay.register.scitt import own_entry
from assay.trust.envelope import verify
from assay.trust.root import TrustRoot

CHUNK = 8192
"""Entries that are indexed at once."""
MAX_LIMIT = 1000
TOKEN_BYTES = 16
_DIMENSIONS = (
    "provider",
    "product",
    "release",
    "purl",
    "purl-version",
    "digest",
    "key",
    "artifact",
    "signer",
)
_OWN_ENTRY_ONLY = frozenset({"artifact", "signer"})
"""What is looked up with the submission's own entry only, and not with the others about it."""


class Viewer(msgspec.Struct, frozen=True):
    """Whose question it is."""

    sees: Literal["everything", "own", "published"]
    provider: str = ""
    """Whose own; its exact name, as attested."""


EVERYTHING = Viewer("everything")
PUBLIC = Viewer("published")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: all of it together. Empty is every entry."""

    digest: Digest | None = None
    """Of the document recorded, of a file of the release, or of an artifact."""
    purl: str = ""
    """Of a release, with or without version; qualifiers and subpath are not compared."""
    product: str = ""
    version: str = ""
    """Of that product."""
    provider: str = ""
    key: str = ""
    """Id of the key that signed the entry, or of one that signed the attestation."""
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    kind: Kind
    time: datetime
    document: Digest
    keyid: str
    """Of the entry's key."""
    openings: tuple[Opening, ...]
    """Empty when the asker may not see them, or they were erased."""
    leaf: bytes = b""
    proof: tuple[bytes, ...] = ()
    """Audit path in the tree of the answer's checkpoint; with *leaf*, when proofs were asked for."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    hits: tuple[Hit, ...]
    """In the order of the register."""
    as_of: int
    """Entries that were looked through."""
    after: int | None
    """Where the next page begins; None at the end."""
    checkpoint: bytes = b""
    """The newest, signed; with proofs."""


class Row(msgspec.Struct, kw_only=True):
    """An entry in the index."""

    position: int
    kind: int
    time: int
    keyid: bytes
    document: bytes
    """SHA-256."""
    about: int | None = None
    owner: bytes = b""
    """Token of the provider; empty when there is none, or it was erased."""
    shared: bool = False
    tokens: tuple[bytes, ...] = ()
    """Of what the submission says."""


class Mark(msgspec.Struct, frozen=True):
    """How far an index has come: entries, and the hash of the last leaf among them, which tells registers apart."""

    size: int = 0
    last: bytes = b""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    kind: int | None = None
    since: int | None = None
    until: int | None = None


class Index(Protocol):
    """Rows by word. A projection: it may be thrown away."""

    def mark(self) -> Mark: ...

    def add(
        self,
        start: int,
        rows: Sequence[Row],
        words: Iterable[tuple[bytes, Row]],
        shared: Sequence[int],
        mark: Mark,
    ) -> None:
        """All in one transaction; nothing when somebody else has added from *start* on. *shared*: earlier rows that are now."""

    def rows(self, positions: Sequence[int]) -> tuple[Row, ...]:
        """In the order of *positions*, all of which are there."""

    def about(self, entries: Sequence[int]) -> tuple[Row, ...]:
        """All rows about these entries, in order."""

    def forget(self, rows: Sequence[Row], words: Iterable[tuple[bytes, Row]]) -> None:
        """Forget owner, tokens and words of *rows*."""

    def find(self, words: Sequence[bytes], filter_: Filter, after: int, limit: int) -> tuple[int, ...]:
        """The first *limit* positions above *after* that have all *words* and pass the filter; with no words, all positions."""

    def clear(self) -> None: ...


class Register(Protocol):
    """What a search needs of the register."""

    def size(self) -> int: ...

    def leaf(self, index: int) -> bytes: ...

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]: ...

    def checkpoint(self) -> bytes: ...

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]: ...


class Searched(msgspec.Struct, frozen=True):
    """Where a search looks."""

    register: Register
    ledger: Ledger
    blobs: Blobs
    trust: TrustRoot
    index: Index


def catch_up(where: Searched) -> int:
    """Index what was recorded since; how many entries are indexed now."""
    mark, register = where.index.mark(), where.register
    size = register.size()
    if mark.size > size or (mark.size and leaf_hash(register.leaf(mark.size - 1)) != mark.last):
        # It is of a register that was: the database was rebuilt or put back.
        where.index.clear()
        mark = Mark()
    for start in range(mark.size, size, CHUNK):
        _index(where, start, min(start + CHUNK, size))
    return size


def search(
    where: Searched,
    viewer: Viewer,
    query: Query,
    *,
    limit: int = 50,
    after: int = -1,
    proofs: bool = False,
) -> Answer:
    """Entries above *after* that *query* asks for. Malformed for a purl or key id that is none."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Malformed(f"a page has 1 to {MAX_LIMIT} hits, not {limit}")
    size = catch_up(where)
    branches = tuple(_branches(viewer, query))
    filter_ = Filter(
        kind=query.kind.number if query.kind else None,
        since=None if query.since is None else math.ceil(query.since.timestamp()),
        until=None if query.until is None else math.ceil(query.until.timestamp()),
    )
    found: list[tuple[Row, bytes | None]] = []
    at = after
    while len(found) <= limit:
        wanted = limit + 1 - len(found)
        page = _find(where.index, branches, filter_, at, wanted)
        found += _still_there(where, page, private=_is_private(query), branches=branches, filter_=filter_)
        if len(page) < wanted:
            break
        at = page[-1]
    return _answer(where, viewer, found, size, limit, proofs=proofs)


def forget(index: Index, entry: int) -> None:
    """Take what the openings of an entry said out of the index; of a submission's own, for all entries about it."""
    (row,) = index.rows([entry])
    gone = index.about([entry]) if row.about == entry else (row,)
    index.forget(gone, [(word, one) for one in gone for word in _private(one)])


def token(dimension: str, value: str) -> bytes:
    """What a value is called in the index: a number for its kind, and a part of its SHA-256."""
    hashed = sha256(f"{dimension}\0{value}".encode("utf-8", "surrogatepass")).digest()
    return bytes([_DIMENSIONS.index(dimension)]) + hashed[: TOKEN_BYTES - 1]


def facts(where: Searched, backing: Backing) -> tuple[str, tuple[bytes, ...]]:
    """Provider and tokens of a submission; of an envelope that is lost, what the openings still say."""
    handed = backing.handed
    if handed is None or backing.openings is None:
        return "", ()
    try:
        envelope = Envelope.parse(where.blobs.get(handed.envelope), what=f"blob {handed.envelope}")
        said = parse_attestation(envelope.payload)
    except AssayError:
        values = {one.label: one.value for one in opening.parse(backing.openings)}
        name = values.get("provider", "")
        digests = [token("digest", one) for one in values.get("subject", "").split()]
        return name, tuple(dict.fromkeys([*([token("provider", name)] if name else []), *digests]))
    standing = verify(
        envelope, where.trust, purpose="provider", provider=said.provider.name, at=handed.received
    )
    names = [token("provider", said.provider.name)]
    for release in said.releases:
        names += [token("product", release.name), token("release", f"{release.name}\0{release.version}")]
        names += [token("digest", str(file.digest)) for file in release.files]
        if release.purl and (purl := identity(release.purl)) is not None:
            names += [token("purl", _bare(purl)), token("purl-version", _versioned(purl))]
    names += [token("artifact", str(digest)) for digest in handed.artifacts]
    names += [token("signer", keyid) for keyid in standing.keyids]
    return said.provider.name, tuple(dict.fromkeys(names))


def _bare(purl: Purl) -> str:
    return f"{purl.type}/{purl.namespace}/{purl.name}"


def _versioned(purl: Purl) -> str:
    return f"{_bare(purl)}\0{purl.version}"


def _index(where: Searched, start: int, end: int) -> None:
    leaves = where.register.leaves(start, end)
    backings = where.ledger.backing(start, end)
    groups: dict[int, list[Row]] = {}
    for row in where.index.about(
        sorted({one.about for one in backings if one.about is not None and one.about < start})
    ):
        groups.setdefault(row.about if row.about is not None else row.position, []).append(row)
    rows: list[Row] = []
    words: list[tuple[bytes, Row]] = []
    shared: list[int] = []
    for at, (data, backing) in enumerate(zip(leaves, backings, strict=True), start):
        entry = own_entry(data)
        if entry is None:
            continue  # somebody else's statement: it is found by its index
        row = _row(where, at, entry, backing, groups)
        rows.append(row)
        words += [(word, row) for word in (*_public(entry), *_private(row))]
        if entry.kind is Kind.PUBLICATION and row.about is not None:
            for one in groups[row.about]:
                if not one.shared:
                    one.shared = True
                    words += [(word, one) for word in _words(_SHARED, one.tokens)]
                    if one.position < start:
                        shared.append(one.position)
    where.index.add(start, rows, words, shared, Mark(end, leaf_hash(leaves[-1])))


def _row(where: Searched, at: int, entry: Entry, backing: Backing, groups: dict[int, list[Row]]) -> Row:
    row = Row(
        position=at,
        kind=entry.kind.number,
        time=int(entry.time.timestamp()),
        keyid=bytes.fromhex(entry.keyid),
        document=entry.digests[0].raw,
        about=backing.about,
    )
    if backing.about == at:
        provider, row.tokens = facts(where, backing)
        row.owner = token("provider", provider) if provider else b""
    elif backing.about is not None and backing.openings is not None and (group := groups.get(backing.about)):
        row.owner = group[0].owner
        row.tokens = tuple(one for one in group[0].tokens if _DIMENSIONS[one[0]] not in _OWN_ENTRY_ONLY)
    if backing.about is not None:
        groups.setdefault(backing.about, []).append(row)
    return row


_PUBLIC, _ALL, _SHARED, _OWN = b"p", b"a", b"s", b"o"


def _word(scope: bytes, one: bytes) -> bytes:
    return sha256(scope + one).digest()[:TOKEN_BYTES]


def _words(scope: bytes, tokens: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(_word(scope, one) for one in tokens)


def _public(entry: Entry) -> tuple[bytes, ...]:
    """What every reader of the register sees."""
    digests = [token("digest", str(digest)) for digest in entry.digests]
    return _words(_PUBLIC, (*digests, token("key", entry.keyid)))


def _private(row: Row) -> tuple[bytes, ...]:
    """Under which words a row stands for those who may see its openings."""
    own = _words(_OWN + row.owner, row.tokens) if row.owner else ()
    return (*_words(_ALL, row.tokens), *own, *(_words(_SHARED, row.tokens) if row.shared else ()))


def _is_private(query: Query) -> bool:
    """Whether a hit may rest on openings."""
    return any((query.digest, query.purl, query.product, query.provider, query.key))


def _branches(viewer: Viewer, query: Query) -> Iterator[tuple[bytes, ...]]:
    """Lists of words; an entry is a hit when it has all words of one list."""
    said = list(_said(query))
    either = [pair for pair in (_either_digest(query), _either_key(query)) if pair]
    for choice in product(*either):
        public = _words(_PUBLIC, (one for one, scoped in choice if not scoped))
        tokens = [*said, *(one for one, scoped in choice if scoped)]
        if not tokens:
            yield public
            continue
        for scope in _scopes(viewer, query):
            yield (*_words(scope, tokens), *public)


def _said(query: Query) -> Iterator[bytes]:
    if query.provider:
        yield token("provider", query.provider)
    if query.version and not query.product:
        raise Malformed("a version is asked for without its product")
    if query.product:
        yield (
            token("release", f"{query.product}\0{query.version}")
            if query.version
            else token("product", query.product)
        )
    if query.purl:
        purl = Purl.parse(query.purl)
        yield token("purl-version", _versioned(purl)) if purl.version else token("purl", _bare(purl))


_Pair = tuple[tuple[bytes, bool], ...]
"""Tokens that are as good as each other, each with whether only openings show it."""


def _either_digest(query: Query) -> _Pair:
    if query.digest is None:
        return ()
    one = str(query.digest)
    return (token("digest", one), False), (token("digest", one), True), (token("artifact", one), True)


def _either_key(query: Query) -> _Pair:
    if not query.key:
        return ()
    if len(query.key) != 64 or set(query.key) - set("0123456789abcdef"):
        raise Malformed(f"key id {query.key[:80]!r} is not 64 lower-case hexadecimal digits")
    return (token("key", query.key), False), (token("signer", query.key), True)


def _scopes(viewer: Viewer, query: Query) -> Iterator[bytes]:
    if viewer.sees == "everything":
        # One provider's list is shorter than everybody's.
        yield _OWN + token("provider", query.provider) if query.provider else _ALL
        return
    if viewer.sees == "own" and viewer.provider:
        yield _OWN + token("provider", viewer.provider)
    yield _SHARED


def _find(
    index: Index, branches: Sequence[tuple[bytes, ...]], filter_: Filter, after: int, limit: int
) -> list[int]:
    found = {at for words in branches for at in index.find(words, filter_, after, limit)}
    return sorted(found)[:limit]


def _still_there(
    where: Searched,
    page: Sequence[int],
    *,
    private: bool,
    branches: Sequence[tuple[bytes, ...]],
    filter_: Filter,
) -> list[tuple[Row, bytes | None]]:
    """Rows with their openings. One whose openings were erased is forgotten, and is a hit only if it is one all the same."""
    rows = where.index.rows(page)
    named = sorted({*page, *(row.about for row in rows if row.about is not None)})
    opened = where.ledger.opened(named)
    kept: list[tuple[Row, bytes | None]] = []
    for row in rows:
        held = opened.get(row.position)
        there = held is not None and (row.about is None or row.about in opened)
        if there or not row.tokens:
            kept.append((row, held))
            continue
        forget(where.index, row.position if row.about is None or held is None else row.about)
        if not private or row.position in _find(where.index, branches, filter_, row.position - 1, 1):
            (again,) = where.index.rows([row.position])
            kept.append((again, held))
    return kept


def _answer(
    where: Searched,
    viewer: Viewer,
    found: Sequence[tuple[Row, bytes | None]],
    size: int,
    limit: int,
    *,
    proofs: bool,
) -> Answer:
    shown = found[:limit]
    signed = where.register.checkpoint() if proofs else b""
    tree = Checkpoint.parse(Note.parse(signed, what="checkpoint").text).size if signed else 0
    hits = []
    for row, held in shown:
        hits.append(
            Hit(
                index=row.position,
                kind=tuple(Kind)[row.kind - 1],
                time=datetime.fromtimestamp(row.time, UTC),
                document=Digest("sha256", row.document.hex()),
                keyid=row.keyid.hex(),
                openings=opening.parse(held) if held is not None and may_see(viewer, row) else (),
                leaf=where.register.leaf(row.position) if proofs else b"",
                proof=where.register.inclusion(row.position, tree) if proofs else (),
            )
        )
    return Answer(
        hits=tuple(hits),
        as_of=size,
        after=shown[-1][0].position if len(found) > limit else None,
        checkpoint=signed,
    )


def may_see(viewer: Viewer, row: Row) -> bool:
    """The openings of an entry."""
    match viewer.sees:
        case "everything":
            return True
        case "own":
            return row.shared or (bool(row.owner) and row.owner == token("provider", viewer.provider))
        case _:
            return row.shared


def labels(hit: Hit) -> Mapping[str, str]:
    """What the openings of a hit say, without what is empty."""
    return {one.label: one.value for one in hit.openings if one.value}
