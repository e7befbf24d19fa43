"""A fictional office and provider with fixed keys, and small signed bundles."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from assay.adapters.memory import FixedClock, MemoryBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.memory import MemoryTiles
from assay.crypto.keys import Algorithm, PrivateKey
from assay.formats.attestation import Artifact, Attestation, Claim, Provider, Release, ReleaseDigest
from assay.formats.attestation_statement import encode as encode_attestation
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.verdict import Engine
from assay.office.log import found
from assay.office.office import Office
from assay.office.ports import Blobs, Ledger, Openings
from assay.office.sequencer import Sequencer
from assay.packs import shipped
from assay.provider.bundle import committed, salted
from assay.register.identity import LogSecrets
from assay.tlog.ports import TileStore
from assay.trust.envelope import sign
from assay.trust.root import Log, Signer, TrustedKey, TrustRoot
from assay.validation.policy import Policy

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDER = "Lighthouse Works (fictional)"
ORIGIN = "office.example/lighthouse-test"
ENGINE = Engine("assay", "0.0.0-test", "sha256:" + "0" * 64, "sha256:" + "1" * 64)
PACKS = ("cisa-form@2024-03",)
PAYLOAD_TYPE = "application/vnd.in-toto+json"
WHEEL = b"the wheel of lantern 2.1.0, which is no wheel"
POLICY = b"# Security policy\n\nReport to security@lighthouse.example. You hear back within five days.\n"


class CountingEntropy:
    """Bytes that are different each time and the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def bytes(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(b"fixture %d" % self._count).digest(count)


def key(algorithm: Algorithm, name: str) -> PrivateKey:
    return PrivateKey.from_seed(algorithm, hashlib.sha256(f"{algorithm} {name}".encode()).digest())


def pair(name: str) -> tuple[PrivateKey, PrivateKey]:
    return key("ed25519", name), key("ml-dsa-65", name)


PROVIDER_KEYS = pair("lighthouse")
OFFICE_KEYS = pair("office")
LOG = LogSecrets(
    ed25519=key("ed25519", "log"), ml_dsa_44=key("ml-dsa-44", "log"), entry=key("ed25519", "entry")
)


def trust() -> TrustRoot:
    def keys(secrets: tuple[PrivateKey, ...]) -> tuple[TrustedKey, ...]:
        return tuple(TrustedKey(secret.public, SINCE) for secret in secrets)

    return TrustRoot(
        signers=(
            Signer(
                name="lighthouse",
                purposes=("provider",),
                providers=(PROVIDER,),
                authority=True,
                keys=keys(PROVIDER_KEYS),
            ),
            Signer(name="office", purposes=("office",), keys=keys(OFFICE_KEYS)),
        ),
        logs=(Log(ORIGIN, LOG.public(ORIGIN).vkeys),),
    )


def office(
    blobs: Blobs | None = None,
    ledger: Ledger | None = None,
    now: datetime = NOW,
    tiles: TileStore | None = None,
    openings: Openings | None = None,
) -> Office:
    ledger = ledger if ledger is not None else SqlLedger.memory()
    clock = FixedClock(now)
    made = Office(
        name="Test office (fictional)",
        origin=ORIGIN,
        blobs=blobs if blobs is not None else MemoryBlobs(),
        ledger=ledger,
        register=Sequencer(ledger, tiles or MemoryTiles(), LOG, ORIGIN, clock, openings),
        clock=clock,
        entropy=CountingEntropy(),
        log=LOG,
        keys=LOG.public(ORIGIN),
        signing=OFFICE_KEYS,
        trust=trust().encode(),
        policy=Policy(name="test").encode(),
        packs=tuple((ref, shipped.data(ref)) for ref in PACKS),
        snapshot=None,
        engine=ENGINE,
        sigstore=None,
    )
    found(made)
    return made


def attestation(serial: int = 1) -> Attestation:
    wheel, policy = Digest.sha256(WHEEL), Digest.sha256(POLICY)
    return Attestation(
        serial=f"urn:uuid:00000000-0000-4000-8000-{serial:012}",
        made=NOW,
        kind="new",
        scope="individual_product",
        provider=Provider(name=PROVIDER),
        releases=(
            Release(name="lantern", version="2.1.0", files=(ReleaseDigest("lantern-2.1.0.bin", wheel),)),
        ),
        packs=PACKS,
        claims=(Claim(f"{PACKS[0]}#4.c", claimed=True, artifacts=(policy,)),),
        artifacts=(
            Artifact(wheel, "lantern-2.1.0.bin", "release", "Release file", "the release"),
            Artifact(policy, "SECURITY.md", "disclosure-policy", "Policy", "how to report"),
        ),
    )


def bundle(
    serial: int = 1,
    keys: tuple[PrivateKey, ...] = PROVIDER_KEYS,
    change: Callable[[Attestation], Attestation] = lambda one: one,
) -> Bundle:
    """A signed bundle that names the fixture's two artifacts and an empty customer list."""
    customers = salted((), CountingEntropy().bytes)
    promised = committed(customers)
    plain = msgspec.structs.replace(
        attestation(serial), customers=promised.commitment, customer_rows=promised.rows
    )
    envelope = sign(PAYLOAD_TYPE, encode_attestation(change(plain)), keys)
    return Bundle(envelope.encode(), customers, {Digest.sha256(data): data for data in (WHEEL, POLICY)})
