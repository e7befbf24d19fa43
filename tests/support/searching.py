"""A register with entries of many providers, and what everybody may find in it, worked out from nothing but the rules."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec
from tests.support.offices import LOG, NOW, ORIGIN, SINCE, attestation, key

from assay.adapters.memory import FixedClock, MemoryBlobs
from assay.adapters.sql.index import SqlIndex
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.formats.attestation import Attestation, Provider, Release, ReleaseDigest
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.purl import identity
from assay.office.ports import Submission, Wanted
from assay.office.search import Query, Searched, Viewer
from assay.office.sequencer import Sequencer
from assay.register import leaf, opening
from assay.register.leaf import Kind
from assay.register.opening import openings
from assay.trust.envelope import sign
from assay.trust.root import Signer, TrustedKey, TrustRoot

PROVIDERS = ("Lighthouse Works (fictional)", "Harbour Tools (fictional)", "Ärger & Söhne (fictional)")
PRODUCTS = ("lantern", "lantern core", "core")
VERSIONS = ("1.0.0", "2.1.0", "")
PURLS = (
    "", "pkg:pypi/Lantern.Core@1.0.0", "pkg:pypi/lantern-core@2.1.0", "pkg:npm/%40harbour/core", "pkg:npm/core@1.0.0",
)  # fmt: skip
FILES = tuple(Digest.sha256(b"file %d" % n) for n in range(4))
ARTIFACTS = tuple(Digest.sha256(b"artifact %d" % n) for n in range(3))
STAGES = (Kind.SUBMISSION, Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION)
STATES = ("submitted", "complete", "determined", "published")
SIGNERS = {name: (key("ed25519", name), key("ml-dsa-65", name)) for name in PROVIDERS}
ENTRY_KEY = LOG.entry.public.keyid


@cache
def trust() -> TrustRoot:
    return TrustRoot(
        signers=tuple(
            Signer(
                name=name,
                purposes=("provider",),
                providers=(name,),
                authority=True,
                keys=tuple(TrustedKey(one.public, SINCE) for one in keys),
            )
            for name, keys in SIGNERS.items()
        )
    )


class Said(msgspec.Struct, frozen=True):
    """What a submission says."""

    attestation: Attestation
    artifacts: tuple[Digest, ...]
    signers: tuple[str, ...]


class Told(msgspec.Struct):
    """An entry, as somebody who knows everything sees it."""

    index: int
    kind: Kind
    time: datetime
    document: Digest
    about: int | None
    said: Said | None
    values: dict[str, str]
    erased: bool = False


@cache
def submitted(serial: int, provider: str, seed: int) -> tuple[Said, bytes]:
    """A signed attestation; its envelope."""
    rng = random.Random(seed)
    releases = tuple(
        Release(
            name=rng.choice(PRODUCTS),
            version=f"{rng.choice(VERSIONS)}",
            files=tuple(
                ReleaseDigest(f"{n}.bin", one) for n, one in enumerate(rng.sample(FILES, rng.choice((1, 2))))
            ),
            purl=rng.choice(PURLS),
        )
        for _ in range(1)
    )
    made = msgspec.structs.replace(
        attestation(serial), provider=Provider(name=provider), releases=releases, artifacts=(), claims=()
    )
    envelope = sign(PAYLOAD_TYPE, encode_attestation(made), SIGNERS[provider])
    chosen = tuple(sorted(rng.sample(ARTIFACTS, rng.choice((0, 1, 2)))))
    return Said(made, chosen, tuple(one.public.keyid for one in SIGNERS[provider])), envelope.encode()


class World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.blobs, self.ledger, self.index = MemoryBlobs(), SqlLedger.memory(), SqlIndex.memory()
        self.register = Sequencer(self.ledger, MemoryTiles(), LOG, ORIGIN, FixedClock(NOW))
        self.where = Searched(self.register, self.ledger, self.blobs, trust(), self.index)
        self.told: list[Told] = []
        self.now = NOW

    def grow(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(seconds=self.rng.choice((0, 1, 40, -3)))
            open_ = [item for item in self.ledger.submissions() if item.state != "published"]
            match self.rng.randrange(8):
                case 0 | 1 | 2:
                    self.submit()
                case 3 | 4 | 5 if open_:
                    self.step(self.rng.choice(open_))
                case 6 if self.told:
                    self.erase(self.rng.randrange(len(self.told)))
                case _:
                    self.append(
                        Kind.PACK_CHANGE, Digest.sha256(b"pack %d" % self.rng.randrange(2)), {}, None, None
                    )
            if self.rng.randrange(5) == 0:
                self.register.publish()

    def submit(self) -> None:
        provider = self.rng.choice(PROVIDERS)
        said, data = submitted(1 + len(self.told), provider, self.rng.randrange(12))
        envelope = Envelope.parse(data)
        self.blobs.put(data)
        release = said.attestation.releases[0]
        submission = Submission(
            payload=envelope.identity,
            envelope=Digest.sha256(data),
            customers=None,
            artifacts=said.artifacts,
            received=NOW,
            provider=provider,
            product=release.name,
            version=release.version,
            state="submitted",
        )
        self.append(Kind.SUBMISSION, submission.payload, {"actor": provider}, submission, said)

    def step(self, submission: Submission) -> None:
        at = STATES.index(submission.state) + 1
        moved = msgspec.structs.replace(submission, state=STATES[at])
        said = self.told[submission.entry].said
        document = Digest.sha256(b"%d of %d" % (at, submission.entry))
        self.append(STAGES[at], document, {"outcome": STATES[at]}, moved, said)

    def append(
        self,
        kind: Kind,
        document: Digest,
        values: dict[str, str],
        submission: Submission | None,
        said: Said | None,
    ) -> None:
        if said is not None:
            values = {**values, "provider": said.attestation.provider.name}
        opened = openings(values, self.rng.randbytes(opening.SALTS_BYTES))
        data = leaf.make(
            kind, origin=ORIGIN, time=self.now, digests=(document,), openings=opened, key=LOG.entry
        )
        index = self.register.append(Wanted(data, opening.encode(opened), submission)).index
        about = None if submission is None else index if kind is Kind.SUBMISSION else submission.entry
        self.told.append(Told(index, kind, self.now, document, about, said, values))

    def erase(self, index: int) -> None:
        self.register.erase(index)
        self.told[index].erased = True

    def query(self) -> Query:
        rng = self.rng

        def maybe(choices: Sequence[str]) -> str:
            return rng.choice(choices) if rng.randrange(4) == 0 else ""

        product = maybe(PRODUCTS)
        digests = [*FILES, *ARTIFACTS, *(item.document for item in self.told[:6])]
        keys = [ENTRY_KEY, *(one.public.keyid for pair in SIGNERS.values() for one in pair)]
        times = [None, None, None, self.told[rng.randrange(len(self.told))].time if self.told else None]
        return Query(
            digest=rng.choice(digests) if rng.randrange(4) == 0 else None,
            purl=maybe([one for one in PURLS if one] + ["pkg:pypi/lantern_core"]),
            product=product,
            version=rng.choice(("", *VERSIONS)) if product else "",
            provider=maybe(PROVIDERS),
            key=maybe(keys),
            kind=rng.choice(list(Kind)[:9]) if rng.randrange(4) == 0 else None,
            since=rng.choice(times),
            until=rng.choice(times),
        )

    def shared(self, one: Told) -> bool:
        return any(
            item.kind is Kind.PUBLICATION and item.about == one.about and item.index >= one.index
            for item in self.told
            if one.about is not None
        )

    def owned(self, one: Told, provider: str) -> bool:
        """Known as long as the submission's openings are there, and the entry's own."""
        return (
            one.said is not None
            and one.about is not None
            and not one.erased
            and not self.told[one.about].erased
            and one.said.attestation.provider.name == provider
        )

    def may_see(self, viewer: Viewer, one: Told) -> bool:
        match viewer.sees:
            case "everything":
                return True
            case "own":
                return self.shared(one) or self.owned(one, viewer.provider)
            case _:
                return self.shared(one)

    def expected(self, viewer: Viewer, query: Query) -> list[int]:
        return [one.index for one in self.told if self.is_hit(viewer, query, one)]

    def is_hit(self, viewer: Viewer, query: Query, one: Told) -> bool:
        if query.kind is not None and one.kind is not query.kind:
            return False
        if query.since is not None and one.time < query.since:
            return False
        if query.until is not None and one.time >= query.until:
            return False
        said = None
        if (
            one.about is not None
            and not one.erased
            and not self.told[one.about].erased
            and self.may_see(viewer, one)
        ):
            said = one.said
        if query.provider and (said is None or said.attestation.provider.name != query.provider):
            return False
        releases = said.attestation.releases if said is not None else ()
        if query.product and not any(
            release.name == query.product and query.version in {"", release.version} for release in releases
        ):
            return False
        if query.purl and not any(
            release.purl and same_purl(query.purl, release.purl) for release in releases
        ):
            return False
        own = said is not None and one.about == one.index
        if query.digest is not None:
            held = {file.digest for release in releases for file in release.files}
            held |= {one.document, *(said.artifacts if said is not None and own else ())}
            if query.digest not in held:
                return False
        signers = said.signers if said is not None and own else ()
        return not query.key or query.key in {ENTRY_KEY, *signers}


def same_purl(asked: str, said: str) -> bool:
    one, other = identity(asked), identity(said)
    assert one is not None
    assert other is not None
    return (one.type, one.namespace, one.name) == (other.type, other.namespace, other.name) and (
        not one.version or one.version == other.version
    )


def viewers() -> list[Viewer]:
    return [
        Viewer("everything"),
        Viewer("published"),
        Viewer("own", "Nobody (fictional)"),
        *(Viewer("own", name) for name in PROVIDERS),
    ]
